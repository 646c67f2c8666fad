namespace Retort.Torch.Modules;

/// <summary>Two numbers for the height and the width of an image: a kernel, a stride, a padding. A single number stands for both.</summary>
/// <param name="Height">Along the third dimension of [N, C, H, W].</param>
/// <param name="Width">Along the fourth.</param>
public readonly record struct Size2d(int Height, int Width)
{
    /// <summary>The same number for both.</summary>
    public static implicit operator Size2d(int both) => new(both, both);

    /// <summary>Height and width.</summary>
    public static implicit operator Size2d((int Height, int Width) size) => new(size.Height, size.Width);

    /// <inheritdoc/>
    public override string ToString() => Height == Width ? $"{Height}" : $"{Height}x{Width}";

    /// <summary>As operators take it.</summary>
    internal long[] ToArray() => [Height, Width];

    internal Size2d RequireAtLeast(int least, string parameter)
    {
        if (Height < least || Width < least)
            throw new ArgumentOutOfRangeException(parameter, ToString(), $"Must be at least {least}.");
        return this;
    }
}
