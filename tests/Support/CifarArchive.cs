using System.Formats.Tar;
using System.IO.Compression;
using Retort.Vision.Datasets;

namespace Retort.Tests.Support;

/// <summary>CIFAR-10 as JPEG files, from the folder <c>shared</c>; where it is absent, shapes stand for its images where a test can do with them.</summary>
internal static class CifarArchive
{
    private static readonly string Path = RepositoryFiles.Shared("data", "cifar10-jpeg.tar.gz");

    /// <summary>The first images of the archive, each with its class.</summary>
    public static IEnumerable<(string Class, byte[] File)> Read(int count)
    {
        using FileStream file = File.OpenRead(Path);
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (count > 0 && tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType != TarEntryType.RegularFile)
                continue;
            using var bytes = new MemoryStream();
            entry.DataStream!.CopyTo(bytes);
            count--;
            yield return (System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(entry.Name)!), bytes.ToArray());
        }
    }

    /// <summary>The first images, scaled; shapes of that size where there is no archive.</summary>
    public static ImageDataset OrShapes(int count, ImageSize size) => File.Exists(Path)
        ? new ImageDataset("cifar10", ["any"], size, [.. Read(count).SelectMany(image => EncodedImage.Decode(image.File, size))], new int[count])
        : SyntheticShapes.Generate(DatasetSplit.Test, new SyntheticShapesOptions { TestImages = count, TrainingImages = count, Side = size.Width });
}
