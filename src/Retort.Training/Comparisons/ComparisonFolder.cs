using System.Diagnostics;
using System.Globalization;
using System.Text;
using Retort.Training.Runs;

namespace Retort.Training.Comparisons;

/// <summary>
/// The folder of a comparison, held for as long as this object lives: <c>runs/</c> with a run for each cell, <c>recipes/</c> with their
/// recipes, and the results as <c>results.csv</c>, <c>results.md</c> and <c>report.html</c>.
/// </summary>
public sealed class ComparisonFolder : IDisposable
{
    private readonly RunLock _lock;
    private readonly TimeProvider _time;

    private ComparisonFolder(string path, RunLock held, TimeProvider time)
    {
        Path = path;
        _lock = held;
        _time = time;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The page with tables and curves.</summary>
    public string ReportFile => File("report.html");

    /// <summary>The table, to paste into a paper.</summary>
    public string MarkdownFile => File("results.md");

    /// <summary>A line for each cell, to compute with.</summary>
    public string CsvFile => File("results.csv");

    /// <summary>Takes a folder, and makes it where it is missing; what is finished in it stays.</summary>
    /// <exception cref="RunFolderException">The folder is in use, holds a single run, or cannot be written.</exception>
    public static ComparisonFolder Open(string path, TimeProvider time) => Open(path, time, TimeSpan.Zero, default);

    /// <summary>The same, where several shards write the folder: waits for one that is about to give it back.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="RunFolderException">The folder is in use, holds a single run, or cannot be written.</exception>
    public static ComparisonFolder Open(string path, TimeProvider time, TimeSpan patience, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                return OpenNow(path, time);
            }
            catch (RunFolderException taken) when (taken.IsInUse && clock.Elapsed < patience)
            {
                cancel.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static ComparisonFolder OpenNow(string path, TimeProvider time)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(path);
        try
        {
            if (RunFolder.HoldsRun(path))
                throw new RunFolderException(path, $"'{path}' holds a single run: choose another folder with --out.");
            Directory.CreateDirectory(path);
            return new ComparisonFolder(path, RunLock.Take(path, time), time);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RunFolderException(
                path, $"The folder '{path}' cannot be written ({failure.Message.TrimEnd('.')}): choose another with --out, or change its rights.", failure);
        }
    }

    /// <summary>Where a cell's recipe lies, with which <c>retort train</c> trains it like any other.</summary>
    public string RecipeFile(Cell cell) => File(System.IO.Path.Combine("recipes", cell.Name.Replace('/', '-') + ".yaml"));

    /// <summary>Writes the recipes of all cells, after looking that what is there was trained with them.</summary>
    /// <exception cref="RunFolderException">A cell was begun with another recipe.</exception>
    public void Prepare(ComparisonGrid grid)
    {
        foreach (Cell cell in grid.Cells)
            cell.RefuseOtherRecipe();
        Directory.CreateDirectory(File("recipes"));
        foreach (Cell cell in grid.Cells)
        {
            // Each is flushed to the disk, for which all other shards wait: only the first one has to.
            string file = RecipeFile(cell), recipe = cell.Recipe.ToYaml();
            if (!System.IO.File.Exists(file) || System.IO.File.ReadAllText(file) != recipe)
                AtomicFile.WriteText(file, recipe);
        }
    }

    /// <summary>Writes table, figures and report.</summary>
    /// <param name="title">The comparison's name.</param>
    /// <param name="result">What it has reached.</param>
    public void Write(string title, ComparisonResult result)
    {
        AtomicFile.WriteText(CsvFile, Csv(result));
        AtomicFile.WriteText(MarkdownFile, Markdown(result));
        AtomicFile.Write(ReportFile, stream => ComparisonReport.Write(stream, title, result, _time.GetLocalNow()));
    }

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _lock.Dispose();

    internal static string Csv(ComparisonResult result)
    {
        var text = new StringBuilder("variant,teacher,student,seed,state,top1_last,top1_best,best_chosen_on,seconds_per_epoch,images_per_second,threads,reason\n");
        foreach ((Cell cell, CellResult? figures) in result.Teachers)
            Line("teacher", cell, figures);
        foreach (RowResult row in result.Rows)
        {
            foreach ((Cell cell, CellResult? figures) in row.Row.Cells.Zip(row.Cells))
                Line(row.Row.Name, cell, figures);
        }

        return text.ToString();

        void Line(string name, Cell cell, CellResult? figures)
        {
            string? reason = result.Failures.GetValueOrDefault(cell.Name);
            string state = figures is not null ? "done" : reason is not null ? "failed" : "open";
            string[] fields =
            [
                name, cell.Recipe.Teacher?.Name ?? "", cell.Recipe.Student.Model, $"{cell.Recipe.Train.Seed}", state,
                Number(figures?.Accuracy), Number(figures?.BestAccuracy), figures is null ? "" : figures.IsBestByDev ? "dev" : "test", Number(figures?.SecondsPerEpoch), Number(figures?.ImagesPerSecond),
                $"{figures?.Threads ?? cell.Recipe.Train.Threads}", reason ?? "",
            ];
            text.AppendJoin(',', fields.Select(Quoted)).Append('\n');
        }
    }

    internal static string Markdown(ComparisonResult result)
    {
        var columns = ResultColumns.Of(result);
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", columns.Select(c => c.Heading)).Append(" |\n");
        text.Append('|').AppendJoin('|', columns.Select((_, i) => i == 0 ? "---" : "---:")).Append("|\n");
        foreach (RowResult row in result.Rows)
            text.Append("| ").AppendJoin(" | ", columns.Select(c => c.Value(row))).Append(" |\n");
        return text.Append('\n').AppendJoin('\n', result.Notes().Select(note => $"- {note}")).Append('\n').ToString();
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Quoted(string field) =>
        field.AsSpan().IndexOfAny(",\"\n\r") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
