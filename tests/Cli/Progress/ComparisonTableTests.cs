using Retort.Cli;
using Retort.Cli.Progress;
using Retort.Tests.Training.Reports;
using Retort.Training.Reports;

namespace Retort.Tests.Cli.Progress;

public class ComparisonTableTests
{
    [Fact]
    public void Networks_stand_side_by_side_with_the_difference_to_the_student_alone()
    {
        string table = Render(SampleRun.Create(epochs: 1).Networks);

        string distilled = table.Split('\n').Single(l => l.Contains("student distilled", StringComparison.Ordinal));
        Assert.Equal(
            ["student", "distilled", "resnet20", "272", "k", "41.2", "M", "92.43", "%", "92.51", "%", "2,388", "+1.45"],
            distilled.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Without_a_student_alone_there_is_nothing_to_differ_from()
        => Assert.DoesNotContain("vs alone", Render([new("teacher", "resnet8", 1, 1, 0.5, 0.5, 1)]));

    private static string Render(IReadOnlyList<NetworkSummary> networks)
    {
        using var output = new StringWriter { NewLine = "\n" };
        new Terminal(output, TextWriter.Null, TerminalAbilities.Plain).Console.Write(ComparisonTable.Of(networks));
        return output.ToString();
    }
}
