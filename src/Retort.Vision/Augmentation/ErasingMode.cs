namespace Retort.Vision.Augmentation;

/// <summary>What an erased rectangle shows.</summary>
public enum ErasingMode
{
    /// <summary>The mean colour: zeros after normalisation.</summary>
    Const,

    /// <summary>One colour for each rectangle, standard normal after normalisation.</summary>
    Rand,

    /// <summary>One colour for each pixel, standard normal after normalisation.</summary>
    Pixel,
}
