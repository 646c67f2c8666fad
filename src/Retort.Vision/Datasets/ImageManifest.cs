using System.Globalization;

namespace Retort.Vision.Datasets;

/// <summary>
/// A CSV file with a line for each image: a header with the columns <c>path</c> and <c>label</c>, others are ignored; paths of JPEG or PNG
/// files, relative to the manifest's folder; labels that are names of classes. Classes are in ordinal order, or by value where all are whole
/// numbers; images are in the order of the lines.
/// </summary>
public static class ImageManifest
{
    private const string PathColumn = "path", LabelColumn = "label";

    /// <summary>Looks at every image on background threads: decodes them where they fit into memory, else reads their headers.</summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="options">How to read; null for the defaults. Of the expected classes some may have no image.</param>
    /// <param name="cancel">Stops the reading.</param>
    /// <exception cref="DataException">The file or an image cannot be used; the message names it, with line and column of the file.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ImageDataset Load(string path, ImageFileOptions? options = null, CancellationToken cancel = default)
    {
        options ??= new ImageFileOptions();
        ImageFileLoading.Validate(options);
        return ImageFileLoading.Load(List(path, options.Name, options.Classes, mayMiss: options.SkipCorrupt), options, cancel);
    }

    /// <summary>Sees the classes, and the size of the first image whose header can be read, without decoding.</summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="classes">The class names that labels may be; null: whatever there are.</param>
    /// <exception cref="DataException">The file cannot be used; the message says where.</exception>
    public static DatasetOutline Outline(string path, IReadOnlyList<string>? classes = null) => List(path, name: null, classes, mayMiss: false).Outline();

    /// <summary>The classes of a manifest, in label order; whether its images are there does not matter.</summary>
    /// <param name="path">The CSV file.</param>
    /// <exception cref="DataException">The file cannot be used; the message says where.</exception>
    public static IReadOnlyList<string> ReadClasses(string path) => List(path, name: null, expected: null, mayMiss: true).Classes;

    private static ImageFileList List(string path, string? name, IReadOnlyList<string>? expected, bool mayMiss)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Path.IsPathRooted(path)) folder = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder); // for messages and reports
        List<string> files = [];
        List<CsvField> labels = [];
        using IEnumerator<IReadOnlyList<CsvField>> rows = CsvFile.Read(path).GetEnumerator();
        (int pathColumn, int labelColumn, int columns) = Header(path, rows.MoveNext() ? rows.Current : []);
        while (rows.MoveNext())
        {
            IReadOnlyList<CsvField> row = rows.Current;
            if (row.Count != columns)
                throw CsvFile.Fault(path, row[^1].Line, row[^1].Column, $"the line has {Fields(row.Count)}, and the header {columns}; a comma in a field needs quotes around it.");
            CsvField file = Filled(path, row[pathColumn], PathColumn);
            string full = Path.Combine(folder, file.Text);
            if (!mayMiss && !File.Exists(full))
                throw CsvFile.Fault(path, file.Line, file.Column, $"there is no file '{full}'; paths are relative to the folder of the manifest.");
            files.Add(full);
            labels.Add(Filled(path, row[labelColumn], LabelColumn));
        }

        if (files.Count == 0) throw new DataException($"Manifest '{path}' names no image; add a line with path and label for each.");
        IReadOnlyList<string> classes = expected ?? Classes(labels);
        Dictionary<string, int> numbers = classes.Select((one, label) => KeyValuePair.Create(one, label)).ToDictionary();
        return new ImageFileList(
            path, name ?? Path.GetFileNameWithoutExtension(path), classes, [.. files], [.. labels.Select(label => Number(path, label, numbers))]);
    }

    private static (int PathColumn, int LabelColumn, int Columns) Header(string path, IReadOnlyList<CsvField> header)
    {
        return (Find(PathColumn), Find(LabelColumn), header.Count);

        int Find(string name)
        {
            int[] found = [.. Enumerable.Range(0, header.Count).Where(i => header[i].Text == name)];
            if (found.Length == 1) return found[0];
            int column = found.Length > 1 ? header[found[1]].Column : 1;
            throw CsvFile.Fault(
                path, header.Count > 0 ? header[0].Line : 1, column,
                $"the header names the column '{name}' {(found.Length == 0 ? "nowhere" : "twice")}; the first line must name '{PathColumn}' and '{LabelColumn}' once each.");
        }
    }

    private static CsvField Filled(string path, CsvField field, string column) => field.Text.Length > 0
        ? field
        : throw CsvFile.Fault(path, field.Line, field.Column, $"the {column} is empty; give one, or remove the line.");

    private static string[] Classes(List<CsvField> labels)
    {
        string[] names = [.. labels.Select(label => label.Text).Distinct().Order(StringComparer.Ordinal)];
        return names.All(name => TryNumber(name, out _)) ? [.. names.OrderBy(name => TryNumber(name, out long number) ? number : 0)] : names;

        static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static int Number(string path, CsvField label, Dictionary<string, int> numbers) => numbers.TryGetValue(label.Text, out int number)
        ? number
        : throw CsvFile.Fault(path, label.Line, label.Column, $"label '{label.Text}' is no class of the training images; correct it, or add such images to them.");

    private static string Fields(int count) => count == 1 ? "1 field" : $"{count} fields";
}
