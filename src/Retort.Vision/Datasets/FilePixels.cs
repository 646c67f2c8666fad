using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Images that stay in their files, and are decoded whenever they are read.</summary>
/// <param name="name">What the data set is called in errors.</param>
/// <param name="files">A file for each image.</param>
/// <param name="size">The size that every image is given.</param>
/// <param name="scales">Whether images of another size are scaled to it; otherwise they are refused.</param>
/// <param name="whole">Whether they can also be read as they are in their files.</param>
/// <param name="threads">How many threads it takes to decode batches in time.</param>
internal sealed class FilePixels(string name, string[] files, ImageSize size, bool scales, bool whole, int threads) : ImagePixels
{
    /// <summary>Whether they can also be read as they are in their files.</summary>
    public bool Whole => whole;

    public override int Threads => threads;

    public override ReadOnlySpan<byte> Read(int index, ImageFileReader reader)
    {
        var image = reader.Image((int)size.RgbBytes);
        return reader.Decode(files[index], size, scales, image, out _) is { } reason ? throw Unreadable(index, reason) : image;
    }

    /// <summary>An image as it is in its file, [height, width, 3] in the reader's buffer.</summary>
    /// <exception cref="DataException">The image cannot be read.</exception>
    public ReadOnlySpan<byte> ReadWhole(int index, ImageFileReader reader, out ImageSize own) =>
        reader.Decode(files[index], out var image, out own) is { } reason ? throw Unreadable(index, reason) : image;

    public override ImagePixels Subset(string name, ReadOnlySpan<int> indices)
    {
        var chosen = new string[indices.Length];
        for (var i = 0; i < chosen.Length; i++) chosen[i] = files[indices[i]];
        return new FilePixels(name, chosen, size, scales, whole, threads);
    }

    private DataException Unreadable(int index, string reason) => new(
        $"Data set '{name}': image '{files[index]}' cannot be read ({reason.TrimEnd('.')}), which showed only now as the images are streamed; "
        + "replace it. 'retort data info' names all such images.");
}
