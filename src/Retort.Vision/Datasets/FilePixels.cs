using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Images that stay in their files, and are decoded whenever they are read.</summary>
/// <param name="name">What the data set is called in errors.</param>
/// <param name="files">A file for each image.</param>
/// <param name="size">The size that every image is given.</param>
/// <param name="scales">Whether images of another size are scaled to it; otherwise they are refused.</param>
/// <param name="threads">How many threads it takes to decode batches in time.</param>
internal sealed class FilePixels(string name, string[] files, ImageSize size, bool scales, int threads) : ImagePixels
{
    public override int Threads => threads;

    public override ReadOnlySpan<byte> Read(int index, ImageFileReader reader)
    {
        var image = reader.Image((int)size.RgbBytes);
        if (reader.Decode(files[index], size, scales, image, out _) is not { } reason) return image;
        throw new DataException(
            $"Data set '{name}': image '{files[index]}' cannot be read ({reason.TrimEnd('.')}), which showed only now as the images are streamed; "
            + "replace it. 'retort data info' names all such images.");
    }

    public override ImagePixels Subset(string name, ReadOnlySpan<int> indices)
    {
        var chosen = new string[indices.Length];
        for (var i = 0; i < chosen.Length; i++) chosen[i] = files[indices[i]];
        return new FilePixels(name, chosen, size, scales, threads);
    }
}
