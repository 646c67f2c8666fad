using System.Diagnostics;
using System.Text.RegularExpressions;
using Retort.Tests.Support;

namespace Retort.Tests.Documentation;

/// <summary>The programs in samples/, run to their end.</summary>
public sealed partial class SampleTests : IDisposable
{
    private const double Chance = 0.1; // ten classes

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_distillation_takes_thirty_lines_and_gives_a_student_and_a_report()
    {
        Assert.InRange(File.ReadAllLines(RepositoryFiles.Repository("samples", "DistillIn30Lines", "Program.cs")).Length, 20, 36);
        string output = Run("DistillIn30Lines");

        AssertLossFalls(output, "teacher", "plain", "student");
        AssertAboveChance(output, "teacher", "student alone", "student distilled");
        Assert.All(["student.safetensors", "report.html"], name =>
        {
            string file = Path.Combine("runs", "distill-in-30-lines", name);
            Assert.Contains($"{file}\n", output);
            Assert.True(new FileInfo(Path.Combine(_folder.Path, file)).Length > 0);
        });
    }

    [Fact]
    public void One_methods_loss_works_in_a_loop_of_ones_own()
    {
        string output = Run("OneLoss");

        AssertLossFalls(output, "teacher", "student");
        AssertAboveChance(output, "teacher", "student");
    }

    [Fact]
    public void A_network_and_a_data_set_from_outside_are_named_by_a_recipe_trained_and_evaluated()
    {
        string output = Run("CustomNetworkAndData");

        AssertAboveChance(output, "teacher", "student alone", "student distilled", "evaluated");
        Assert.True(Accuracy(output, "teacher") > Accuracy(output, "student alone"), output);
        Assert.Contains("teacher: digitnet-32, ", output);
        string recipe = File.ReadAllText(Path.Combine(_folder.Path, "runs", "digits", "recipe.yaml"));
        Assert.Contains("kind: digits", recipe);
        Assert.Contains("test_images: 500", recipe);
    }

    private string Run(string name)
    {
        // Beside the tests' own output: artifacts/bin/NAME/CONFIGURATION.
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", name, configuration, $"{name}.dll"));
        var start = new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = _folder.Path,
        };
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1"; // small networks gain nothing from threads, and a busy machine costs them much
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True((process.ExitCode, error.Result) == (0, ""), $"code {process.ExitCode}\n{output}\n{error.Result}");
        return output;
    }

    private static void AssertLossFalls(string output, params string[] stages) => Assert.All(stages, stage =>
    {
        double[] losses =
        [
            .. LossOfEpoch.Matches(output).Where(match => match.Groups["stage"].Value == stage).Select(match => double.Parse(match.Groups["loss"].Value)),
        ];
        Assert.True(losses.Length > 1 && losses[^1] < losses[0], $"{stage}: {string.Join(", ", losses)}");
    });

    private static void AssertAboveChance(string output, params string[] networks) =>
        Assert.All(networks, network => Assert.True(Accuracy(output, network) > 1.3 * Chance, $"{network}\n{output}"));

    private static double Accuracy(string output, string network)
    {
        string line = output.Split('\n').Single(line => line.StartsWith($"{network}: ", StringComparison.Ordinal));
        return double.Parse(Percent.Match(line).Groups["value"].Value) / 100;
    }

    [GeneratedRegex(@"^(?<stage>\w+) epoch \d+: loss (?<loss>[\d.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LossOfEpoch { get; }

    [GeneratedRegex(@"(?<value>[\d.]+) %$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Percent { get; }
}
