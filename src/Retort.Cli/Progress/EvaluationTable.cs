using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Training.Reports;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>The figures of an evaluation: overall, by class, and what is mistaken for what.</summary>
internal static class EvaluationTable
{
    private const int WidestConfusion = 20;

    public static void Write(IAnsiConsole console, EvaluationResult result, IReadOnlyList<string> classes, Compute compute)
    {
        console.WriteLine(
            $"top-1 {Figures.Percent(result.Top1)}   top-5 {Figures.Percent(result.Top5)}   loss {result.Loss:F4}   "
            + $"{result.Images} images, {Figures.Rate(result.ImagesPerSecond)} images/s, {compute}");
        bool confusion = classes.Count <= WidestConfusion;
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("class", column => column.NoWrap()).AddColumn("accuracy", column => column.RightAligned().NoWrap());
        for (int predicted = 0; confusion && predicted < classes.Count; predicted++)
            table.AddColumn(new TableColumn(new Text($"→{predicted}")).RightAligned().NoWrap());
        for (int label = 0; label < classes.Count; label++)
        {
            List<Text> cells = [new($"{label} {classes[label]}"), new(Figures.Percent(result.ClassAccuracy(label)))];
            for (int predicted = 0; confusion && predicted < classes.Count; predicted++)
            {
                int count = result.Confusion[label, predicted];
                cells.Add(new Text(count == 0 ? "·" : count.ToString(), predicted == label ? new Style(decoration: Decoration.Bold) : null));
            }

            table.AddRow(cells);
        }

        console.Write(table);
    }
}
