namespace Retort.Vision.Augmentation;

/// <summary>
/// Operations that give each value of a channel another one, as PIL's ImageOps defines them. Each works in place on [pixels, 3].
/// </summary>
internal static class LookUp
{
    /// <summary>Stretches each channel so that its least value becomes 0 and its greatest 255.</summary>
    public static void AutoContrast(Span<byte> image) => EachChannel(image, static (histogram, table) =>
    {
        int low = 0, high = 255;
        while (low < 255 && histogram[low] == 0) low++;
        while (high > 0 && histogram[high] == 0) high--;
        double scale = high > low ? 255.0 / (high - low) : 1, offset = high > low ? -low * scale : 0;
        for (int i = 0; i < 256; i++) table[i] = (byte)Math.Clamp((int)((i * scale) + offset), 0, 255);
    });

    /// <summary>Spreads each channel's values so that all are about equally frequent.</summary>
    public static void Equalize(Span<byte> image) => EachChannel(image, static (histogram, table) =>
    {
        int last = 255, pixels = 0;
        while (last > 0 && histogram[last] == 0) last--;
        foreach (int count in histogram) pixels += count;
        int step = (pixels - histogram[last]) / 255;
        for (int i = 0, below = step / 2; i < 256; below += histogram[i++])
            table[i] = step == 0 ? (byte)i : (byte)Math.Min(255, below / step);
    });

    /// <summary>255 − x.</summary>
    public static void Invert(Span<byte> image)
    {
        foreach (ref byte value in image) value = (byte)(255 - value);
    }

    /// <summary>Keeps the highest bits alone; none of them makes all black.</summary>
    /// <param name="image">[pixels, 3].</param>
    /// <param name="bits">0..8.</param>
    public static void Posterize(Span<byte> image, int bits)
    {
        var mask = (byte)(0xFF00 >> bits);
        foreach (ref byte value in image) value &= mask;
    }

    /// <summary>Inverts the values that are at least the threshold.</summary>
    /// <param name="image">[pixels, 3].</param>
    /// <param name="threshold">0..256.</param>
    public static void Solarize(Span<byte> image, int threshold)
    {
        foreach (ref byte value in image)
            if (value >= threshold) value = (byte)(255 - value);
    }

    /// <summary>Brightens the values below 128.</summary>
    /// <param name="image">[pixels, 3].</param>
    /// <param name="amount">0..128.</param>
    public static void SolarizeAdd(Span<byte> image, int amount)
    {
        foreach (ref byte value in image)
            if (value < 128) value = (byte)Math.Min(255, value + amount);
    }

    private delegate void TableMaker(ReadOnlySpan<int> histogram, Span<byte> table);

    private static void EachChannel(Span<byte> image, TableMaker make)
    {
        Span<int> histogram = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (int channel = 0; channel < 3; channel++)
        {
            histogram.Clear();
            for (int i = channel; i < image.Length; i += 3) histogram[image[i]]++;
            make(histogram, table);
            for (int i = channel; i < image.Length; i += 3) image[i] = table[image[i]];
        }
    }
}
