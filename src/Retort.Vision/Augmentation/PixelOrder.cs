namespace Retort.Vision.Augmentation;

/// <summary>In which order the floats of an image are written.</summary>
public enum PixelOrder
{
    /// <summary>[height, width, channels]: the memory of an NCHW tensor in channels-last format. The fast one.</summary>
    ChannelsLast,

    /// <summary>[channels, height, width]: the memory of an NCHW tensor in its plain format.</summary>
    ChannelsFirst,
}
