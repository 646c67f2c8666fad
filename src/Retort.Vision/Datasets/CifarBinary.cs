namespace Retort.Vision.Datasets;

/// <summary>
/// CIFAR-10 and CIFAR-100 in their binary form: records of one (CIFAR-10) or two (CIFAR-100: coarse, then fine) label bytes
/// and 3072 bytes of pixels, [3, 32, 32]. Which of the two it is follows from the files in the folder.
/// </summary>
public static class CifarBinary
{
    private const int Side = 32;
    private const int Plane = Side * Side;
    private static readonly string[] Training10 =
        ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];

    /// <summary>Reads a split. Labels of CIFAR-100 are the fine ones.</summary>
    /// <param name="path">The folder with the .bin files, or the one above it as the archives unpack.</param>
    /// <param name="split">Training: data_batch_1.bin to data_batch_5.bin, or train.bin. Test: test_batch.bin, or test.bin.</param>
    /// <exception cref="DataException">Files are missing, of a wrong size, or have a label out of range.</exception>
    public static ImageDataset Load(string path, DatasetSplit split)
    {
        var (name, folder, files, labelBytes, classes) = Find(path, split);
        return Read(name, folder, files, labelBytes, classes, split);
    }

    /// <summary>Sees what a split holds by its files' names and sizes.</summary>
    /// <inheritdoc cref="Load"/>
    public static DatasetOutline Outline(string path, DatasetSplit split)
    {
        var (_, folder, files, labelBytes, classes) = Find(path, split);
        return new DatasetOutline(classes, ImageSize.Square(Side)) { Images = (int)Math.Min(Counts(folder, files, labelBytes).Sum(), int.MaxValue) };
    }

    /// <summary>Which of the two a folder holds, by its files' names: its number of classes; null where it holds neither.</summary>
    /// <param name="path">The folder with the .bin files, or the one above it as the archives unpack.</param>
    public static int? ClassesIn(string path) => (Located(path, DatasetSplit.Training) ?? Located(path, DatasetSplit.Test))?.Classes;

    private static (string Name, string Folder, string[] Files, int LabelBytes, IReadOnlyList<string> Classes) Find(string path, DatasetSplit split)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
            throw new DataException($"CIFAR folder '{path}' does not exist; check the path, or fetch the data first.");
        if (Located(path, split) is { } found)
        {
            return found.Classes == 10
                ? ("cifar10", found.Folder, found.Files, 1, Classes(found.Folder, "batches.meta.txt", CifarClasses.Cifar10))
                : ("cifar100", found.Folder, found.Files, 2, Classes(found.Folder, "fine_label_names.txt", CifarClasses.Cifar100));
        }

        throw new DataException(split == DatasetSplit.Training
            ? $"CIFAR folder '{path}' has neither data_batch_1.bin (CIFAR-10) nor train.bin (CIFAR-100); give the folder of the binary version."
            : $"CIFAR folder '{path}' has neither test_batch.bin (CIFAR-10) nor test.bin (CIFAR-100); give the folder of the binary version.");
    }

    private static (int Classes, string Folder, string[] Files)? Located(string path, DatasetSplit split)
    {
        string[] files10 = split == DatasetSplit.Training ? Training10 : ["test_batch.bin"];
        var file100 = split == DatasetSplit.Training ? "train.bin" : "test.bin";
        foreach (var folder in (string[])[path, Path.Combine(path, "cifar-10-batches-bin"), Path.Combine(path, "cifar-100-binary")])
        {
            if (files10.Any(file => File.Exists(Path.Combine(folder, file)))) return (10, folder, files10);
            if (File.Exists(Path.Combine(folder, file100))) return (100, folder, [file100]);
        }

        return null;
    }

    private static ImageDataset Read(
        string name, string folder, string[] files, int labelBytes, IReadOnlyList<string> classes, DatasetSplit split)
    {
        var counts = Counts(folder, files, labelBytes);
        var size = ImageSize.Square(Side);
        var pixels = MemoryPixels.Allocate(name, size, counts.Sum());
        var labels = new int[counts.Sum()];
        var starts = new int[files.Length];
        var next = 0;
        var buffer = new byte[labelBytes + (3 * Plane)];
        for (var i = 0; i < files.Length; i++)
        {
            starts[i] = next;
            var path = Path.Combine(folder, files[i]);
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
                for (long k = 0; k < counts[i]; k++, next++)
                {
                    stream.ReadExactly(buffer);
                    int label = buffer[labelBytes - 1];
                    if (label >= classes.Count)
                    {
                        throw new DataException(
                            $"CIFAR file '{path}' has label {label} in record {k}, and {name} has labels 0 to {classes.Count - 1}; the file is damaged or of another data set.");
                    }

                    labels[next] = label;
                    Interleave(buffer.AsSpan(labelBytes), pixels.AsSpan(next * 3 * Plane, 3 * Plane));
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new DataException($"CIFAR file '{path}' cannot be read ({exception.Message.TrimEnd('.')}); check it and its permissions.", exception);
            }
        }

        var title = split == DatasetSplit.Training ? $"{name}-train" : $"{name}-test";
        return new ImageDataset(title, classes, size, pixels, labels, index =>
        {
            var file = Array.FindLastIndex(starts, start => start <= index);
            return $"{files[file]}[{index - starts[file]}]";
        });
    }

    // The images in each file.
    private static long[] Counts(string folder, string[] files, int labelBytes)
    {
        var record = labelBytes + (3 * Plane);
        var counts = new long[files.Length];
        for (var i = 0; i < files.Length; i++)
        {
            var file = new FileInfo(Path.Combine(folder, files[i]));
            if (!file.Exists) throw new DataException($"CIFAR file '{file.FullName}' is missing while others of its split are there; unpack the archive again.");
            if (file.Length == 0 || file.Length % record != 0)
            {
                throw new DataException(
                    $"CIFAR file '{file.FullName}' has {file.Length} bytes, which is not a whole number of {record}-byte records; unpack or fetch it again.");
            }

            counts[i] = file.Length / record;
        }

        return counts;
    }

    /// <summary>[3, 32, 32] to [32, 32, 3].</summary>
    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        var red = planes[..Plane];
        var green = planes.Slice(Plane, Plane);
        var blue = planes.Slice(2 * Plane, Plane);
        for (var i = 0; i < Plane; i++)
        {
            pixels[3 * i] = red[i];
            pixels[(3 * i) + 1] = green[i];
            pixels[(3 * i) + 2] = blue[i];
        }
    }

    private static IReadOnlyList<string> Classes(string folder, string file, IReadOnlyList<string> known)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path)) return known;
        string[] names = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (names.Length == known.Count) return names;
        throw new DataException($"Class names '{path}' has {names.Length} names instead of {known.Count}; restore it, or delete it to use the usual names.");
    }
}
