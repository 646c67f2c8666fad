using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Images that lie decoded in memory, one after another.</summary>
internal sealed class MemoryPixels(byte[] pixels, ImageSize size) : ImagePixels
{
    private readonly int _length = (int)size.RgbBytes;

    public override int Threads => 1; // what is left to do is the transform, which one thread does faster than networks train

    public override ReadOnlySpan<byte> Read(int index, ImageFileReader reader) => Of(index);

    public override ImagePixels Subset(string name, ReadOnlySpan<int> indices)
    {
        var chosen = Allocate(name, size, indices.Length);
        for (var i = 0; i < indices.Length; i++) Of(indices[i]).CopyTo(chosen.AsSpan(i * _length, _length));
        return new MemoryPixels(chosen, size);
    }

    /// <summary>Room for images, or a refusal in the user's words when no array is that long.</summary>
    public static byte[] Allocate(string name, ImageSize size, long count)
    {
        var bytes = size.RgbBytes * count;
        if (bytes > Array.MaxLength)
        {
            throw new DataException(
                $"Data set '{name}': {count} images of {size} take {bytes / 1e9:F1} GB decoded, and data sets held in memory are limited to "
                + $"{Array.MaxLength / 1e9:F1} GB; use a smaller image size or fewer images.");
        }

        try
        {
            return GC.AllocateUninitializedArray<byte>((int)bytes);
        }
        catch (OutOfMemoryException exception)
        {
            throw new DataException(
                $"Data set '{name}': {count} images of {size} take {bytes / 1e9:F1} GB decoded, and so much memory is not free; "
                + "use a smaller image size or fewer images.",
                exception);
        }
    }

    private ReadOnlySpan<byte> Of(int index) => pixels.AsSpan(index * _length, _length);
}
