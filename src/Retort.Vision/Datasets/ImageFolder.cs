using System.IO.Enumeration;

namespace Retort.Vision.Datasets;

/// <summary>
/// A folder with one folder per class, and JPEG or PNG files in those (or in folders below them). Classes and files are taken
/// in ordinal order, so the same folder gives the same data set everywhere. Names that begin with a dot are not looked at.
/// </summary>
public static class ImageFolder
{
    // Formats that cannot be read are listed too, so that they are reported and not silently left out.
    private static readonly HashSet<string> ImageExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif", ".jp2", ".ppm",
    };

    private static readonly string[] TrainingNames = ["train", "training"];
    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    /// <summary>The folder of a split below a data set's root: <c>train</c> or <c>training</c>; <c>test</c>, <c>val</c>, <c>valid</c> or <c>validation</c>.</summary>
    /// <exception cref="DataException">There is no such folder.</exception>
    public static string FindSplit(string path, DatasetSplit split)
    {
        RequireFolder(path);
        if (SplitIn(path, split) is { } found) return found;
        var names = NamesOf(split);
        throw new DataException(
            $"Image folder '{path}' has no folder '{string.Join("' or '", names)}'; put the {(split == DatasetSplit.Training ? "training" : "test")} images "
            + $"into '{Path.Combine(path, names[0])}', one folder per class.");
    }

    /// <summary>Whether <see cref="FindSplit"/> finds the folder of a split.</summary>
    public static bool HasSplit(string path, DatasetSplit split) => SplitIn(path, split) is not null;

    /// <summary>Looks at every image on background threads: decodes them where they fit into memory, else reads their headers.</summary>
    /// <param name="path">The folder that holds the class folders.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The folder, a class folder or an image cannot be used; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ImageDataset Load(string path, ImageFileOptions? options = null, CancellationToken cancel = default)
    {
        options ??= new ImageFileOptions();
        ImageFileLoading.Validate(options);
        return ImageFileLoading.Load(List(path, options.Name, options.Classes), options, cancel);
    }

    /// <summary>Sees the classes, and the size of the first image whose header can be read, without decoding.</summary>
    /// <param name="path">The folder that holds the class folders.</param>
    /// <param name="classes">The class names that there must be; null: whatever there are.</param>
    /// <exception cref="DataException">The folder or a class folder cannot be used; the message names it.</exception>
    public static DatasetOutline Outline(string path, IReadOnlyList<string>? classes = null) => List(path, name: null, classes).Outline();

    private static ImageFileList List(string path, string? name, IReadOnlyList<string>? expected)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireFolder(path);
        name ??= Path.GetFileName(Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar));
        var classes = FindClasses(path, expected);
        var (files, labels) = FindImages(path, classes);
        return new ImageFileList(path, name.Length > 0 ? name : path, classes, files, labels);
    }

    private static string[] NamesOf(DatasetSplit split) => split == DatasetSplit.Training ? TrainingNames : TestNames;

    private static string? SplitIn(string path, DatasetSplit split) =>
        NamesOf(split).Select(name => Path.Combine(path, name)).FirstOrDefault(Directory.Exists);

    private static void RequireFolder(string path)
    {
        if (Directory.Exists(path)) return;
        throw new DataException(File.Exists(path)
            ? $"Image folder '{path}' is a file; give the folder that holds one folder per class."
            : $"Image folder '{path}' does not exist; check the path, or fetch the data first.");
    }

    private static string[] FindClasses(string path, IReadOnlyList<string>? expected)
    {
        string[] found = [.. Entries(path, () => Directory.EnumerateDirectories(path)).Select(folder => Path.GetFileName(folder)!)
            .Where(folder => folder[0] != '.').Order(StringComparer.Ordinal)];
        Array.ForEach(found, name => RequireName(Path.Combine(path, name)));
        if (found.Length == 0)
            throw new DataException($"Image folder '{path}' has no class folders; put the images of each class into a folder of its own, named after the class.");
        if (expected is null) return found;

        var missing = expected.Except(found, StringComparer.Ordinal).FirstOrDefault();
        if (missing is not null)
            throw new DataException($"Image folder '{path}' has no folder for class '{missing}', which the training images have; add it.");
        var unknown = found.Except(expected, StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null)
            throw new DataException($"Image folder '{path}' has a class folder '{unknown}', which the training images do not have; remove or rename it.");
        return [.. expected];
    }

    private static (string[] Files, int[] Labels) FindImages(string path, string[] classes)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 8,
            AttributesToSkip = FileAttributes.Hidden,
            IgnoreInaccessible = false,
        };
        List<string> files = [];
        List<int> labels = [];
        List<string> empty = [];
        for (var label = 0; label < classes.Length; label++)
        {
            var folder = Path.Combine(path, classes[label]);
            var before = files.Count;
            files.AddRange(Entries(folder, () => FilesBelow(folder, options))
                .Where(file => ImageExtensions.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal));
            if (files.Count == before) empty.Add(folder);
            while (labels.Count < files.Count) labels.Add(label);
        }

        if (empty.Count > 0)
        {
            throw new DataException(
                $"Class folder '{empty[0]}'{(empty.Count > 1 ? $" and {empty.Count - 1} more" : "")} has no JPEG or PNG files; add images or remove the folder.");
        }

        return ([.. files], [.. labels]);
    }

    private static FileSystemEnumerable<string> FilesBelow(string folder, EnumerationOptions options)
    {
        string top = Path.GetFullPath(folder);
        return new(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
            {
                string below = entry.ToFullPath();
                RequireName(below);
                return !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) || !FolderLink.LeadsBack(below, top);
            },
        };
    }

    // .NET has such a mark for bytes that are no UTF-8, and then finds nothing of the name; what lies there would be left out silently.
    private static void RequireName(string folder)
    {
        if (folder.Contains('\uFFFD', StringComparison.Ordinal) && !Directory.Exists(folder))
            throw new DataException($"Folder '{folder}' cannot be read; rename it: its name is not UTF-8.");
    }

    private static List<string> Entries(string folder, Func<IEnumerable<string>> entries)
    {
        try
        {
            return [.. entries()];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new DataException($"Folder '{folder}' cannot be read ({exception.Message.TrimEnd('.')}); check its permissions.", exception);
        }
    }
}
