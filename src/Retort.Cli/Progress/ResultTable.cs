using Retort.Training.Comparisons;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>What a comparison has reached, as the report shows it.</summary>
internal static class ResultTable
{
    public static void Write(Terminal terminal, ComparisonResult result)
    {
        var columns = ResultColumns.Of(result);
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey);
        for (int i = 0; i < columns.Count; i++)
        {
            var column = new TableColumn(new Text(columns[i].Heading)).NoWrap();
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }

        foreach (RowResult row in result.Rows)
            table.AddRow(columns.Select(column => new Text(column.Value(row))));
        terminal.Console.Write(table);
        foreach (string note in result.Notes())
            terminal.Output.WriteLine(note);
    }
}
