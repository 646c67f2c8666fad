using System.Text.RegularExpressions;

namespace Retort.Vision.Datasets;

/// <summary>
/// The MNIST family: a folder with IDX files of images (<c>train-images-idx3-ubyte</c>, <c>t10k-images-idx3-ubyte</c> or <c>test-...</c>) and of
/// their labels (<c>train-labels-idx1-ubyte</c> and so on), packed with gzip (.gz) or not; a name may begin with that of the data set, as
/// EMNIST's do. Grey is repeated: images have three equal channels.
/// </summary>
public static partial class IdxImages
{
    private const int MostSide = 4096;
    private const string Packed = ".gz";

    /// <summary>Reads a split.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="split">Training or test.</param>
    /// <param name="classes">The class names, in label order; null: the numbers from 0 to the greatest label.</param>
    /// <exception cref="DataException">Files are missing or damaged, do not belong together, or have a label out of range.</exception>
    public static ImageDataset Load(string path, DatasetSplit split, IReadOnlyList<string>? classes = null)
    {
        (string imageFile, string labelFile) = Find(path, split);
        int[] labels = ReadLabels(labelFile);
        classes ??= Numbers(labels);
        if (Array.FindIndex(labels, label => label >= classes.Count) is >= 0 and var wrong)
        {
            throw new DataException(
                $"IDX file '{labelFile}' has label {labels[wrong]} at place {wrong}, and the {classes.Count} classes have labels 0 to {classes.Count - 1}; "
                + "name all classes, or fetch the files again.");
        }

        using IdxFile file = OpenImages(imageFile);
        if (file.Dimensions[0] != labels.Length)
        {
            throw new DataException(
                $"IDX file '{imageFile}' has {file.Dimensions[0]} images, and '{labelFile}' {labels.Length} labels; take files that belong together.");
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        ImageSize size = SizeOf(file);
        byte[] pixels = MemoryPixels.Allocate(name, size, labels.Length), grey = new byte[size.Width * size.Height];
        for (int i = 0; i < labels.Length; i++)
        {
            file.Read(grey);
            Span<byte> image = pixels.AsSpan(i * grey.Length * 3, grey.Length * 3);
            for (int p = 0; p < grey.Length; p++) image.Slice(p * 3, 3).Fill(grey[p]);
        }

        file.RequireEnd();
        return new ImageDataset(name, classes, size, pixels, labels, i => $"{Path.GetFileName(imageFile)}[{i}]");
    }

    /// <summary>Sees what a split holds; of the images only the header is read.</summary>
    /// <inheritdoc cref="Load"/>
    public static DatasetOutline Outline(string path, DatasetSplit split, IReadOnlyList<string>? classes = null)
    {
        (string imageFile, string labelFile) = Find(path, split);
        using IdxFile file = OpenImages(imageFile);
        return new DatasetOutline(classes ?? Numbers(ReadLabels(labelFile)), SizeOf(file)) { Images = file.Dimensions[0] };
    }

    /// <summary>Whether a folder holds images of this family, by its files' names.</summary>
    /// <param name="path">The folder.</param>
    public static bool AreIn(string path) => Directory.Exists(path) && Directory.EnumerateFiles(path).Any(file => ImageNames.IsMatch(Path.GetFileName(file)));

    private static (string Images, string Labels) Find(string path, DatasetSplit split)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path)) throw new DataException($"IDX folder '{path}' does not exist; check the path, or fetch the data first.");
        bool isTraining = split == DatasetSplit.Training;
        // A file that was unpacked beside its archive is the same one.
        string[] found =
        [
            .. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file))
                .Where(file => ImageNames.Match(file) is { Success: true } match && (match.Groups["split"].Value == "train") == isTraining)
                .GroupBy(Unpacked).Select(same => same.MinBy(file => file.Length)!).Order(StringComparer.Ordinal),
        ];
        if (found.Length == 0)
        {
            throw new DataException(
                $"IDX folder '{path}' has no file {(isTraining ? "train" : "t10k")}-images-idx3-ubyte, packed ({Packed}) or not; give the folder that holds the files.");
        }

        if (found.Length > 1)
        {
            throw new DataException(
                $"IDX folder '{path}' has the {(isTraining ? "training" : "test")} images of several data sets, {string.Join(", ", found)}; put each data set into a folder of its own.");
        }

        string labels = Unpacked(found[0]).Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal);
        string plain = Path.Combine(path, labels);
        string file = File.Exists(plain) || !File.Exists(plain + Packed) ? plain : plain + Packed;
        if (!File.Exists(file)) throw new DataException($"IDX file '{file}' is missing beside '{found[0]}'; fetch it too.");
        return (Path.Combine(path, found[0]), file);

        static string Unpacked(string file) => file.EndsWith(Packed, StringComparison.Ordinal) ? file[..^Packed.Length] : file;
    }

    private static int[] ReadLabels(string path)
    {
        using IdxFile file = IdxFile.Open(path, rank: 1);
        byte[] labels = new byte[file.Dimensions[0]];
        file.Read(labels);
        file.RequireEnd();
        return [.. labels.Select(label => (int)label)];
    }

    private static IdxFile OpenImages(string path)
    {
        IdxFile file = IdxFile.Open(path, rank: 3);
        if (file.Dimensions[1] <= MostSide && file.Dimensions[2] <= MostSide) return file;
        using (file)
            throw new DataException($"IDX file '{path}' has images of {file.Dimensions[2]}x{file.Dimensions[1]} pixels, and {MostSide} a side are the most; fetch it again.");
    }

    private static ImageSize SizeOf(IdxFile file) => new(file.Dimensions[2], file.Dimensions[1]);

    private static string[] Numbers(int[] labels) => [.. Enumerable.Range(0, labels.Max() + 1).Select(label => $"{label}")];

    [GeneratedRegex(@"^(.*[-_.])?(?<split>train|t10k|test)-images[-.]idx3-ubyte(\.gz)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageNames { get; }
}
