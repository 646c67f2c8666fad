namespace Retort.Torch;

/// <summary>Order of a tensor's elements in memory; the numbers are libtorch's.</summary>
public enum MemoryFormat
{
    /// <summary>Row-major in the order of the dimensions (NCHW).</summary>
    Contiguous = 0,

    /// <summary>As the input.</summary>
    Preserve = 1,

    /// <summary>NHWC in memory while the dimensions stay N, C, H, W: what convolutions like on a CPU.</summary>
    ChannelsLast = 2,
}
