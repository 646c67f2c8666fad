using Retort.Distillation;
using Retort.Tests.Samples;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Tests.Training.Verification;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Documentation;

/// <summary>docs/add-a-method.md, followed to the letter.</summary>
public sealed class AddAMethodTests
{
    private const string Begin = "        // page begins\n", End = "        // page ends\n";

    private static readonly MethodRegistry Registry = new(typeof(DirectionMatching));

    [Fact]
    public void What_the_page_shows_is_what_is_tested_here()
    {
        string page = File.ReadAllText(RepositoryFiles.Repository("docs", "add-a-method.md"));
        string own = File.ReadAllText(RepositoryFiles.Repository("tests", "Documentation", "AddAMethodTests.cs"));
        string training = own[(own.LastIndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..own.LastIndexOf(End, StringComparison.Ordinal)];

        Assert.Equal(
            [Sample("DirectionMatching.cs").Replace("namespace Retort.Tests.Samples;\n\n", "", StringComparison.Ordinal), Unindented(training)],
            Blocks(page, "csharp"));
        Assert.Equal([Sample("direction-case.py")], Blocks(page, "python"));
        Assert.Equal([Sample("direction.yaml")], Blocks(page, "yaml"));
    }

    [Fact]
    public void Its_golden_case_passes_and_fails_when_a_figure_is_changed()
    {
        CaseResult result = CaseFile.Verify([SamplePath("direction.safetensors")], Registry).Results.Single();
        Assert.Equal([], result.Faults);
        Assert.Equal(
            ["loss", "grad.student.features.0", "grad.param.connector.weight", "grad.param.connector.bias"], result.Checks.Select(check => check.Name));
        Assert.Equal(Verdict.Passed, result.Verdict);

        using var scope = new TensorScope();
        using SafetensorsFile @case = SafetensorsFile.Open(SamplePath("direction.safetensors"));
        var changed = new CaseFile(@case.Metadata["case"]);
        foreach (string name in @case.Tensors.Keys)
            changed.With(name, @case.Load(name));
        Assert.Equal(Verdict.Passed, changed.Run(Registry).Verdict);
        Assert.Equal(Verdict.Failed, changed.Scaled("expect.grad.param.connector.bias", 1.01).Run(Registry).Verdict);
    }

    [ProgramFact("python3")]
    public void Its_script_makes_a_golden_case_that_passes()
    {
        using var folder = new TemporaryFolder();
        string made = Path.Combine(folder.Path, "direction.safetensors");
        Assert.Equal(0, InstalledProgram.Run("python3", SamplePath("direction-case.py"), made));
        Assert.Equal(Verdict.Passed, CaseFile.Verify([made], Registry).Verdict);
    }

    [Fact]
    public void Its_program_verifies_the_case_and_trains_the_recipe_with_a_method_from_outside_the_library()
    {
        using var folder = new TemporaryFolder();
        Recipe recipe = Recipe.Load(SamplePath("direction.yaml"));
        Assert.Equal("direction", recipe.Distill[1].Method);
        Recipe small = recipe with { Data = TinyRun.Data, Teacher = TinyRun.Distilled.Teacher, Train = TinyRun.Train, PlainStudent = false };
        folder.Write("direction.yaml", System.Text.Encoding.UTF8.GetBytes(small.ToYaml()));
        folder.Write("direction.safetensors", File.ReadAllBytes(SamplePath("direction.safetensors")));
        var observer = new RecordingObserver();
        TextWriter output = Console.Out;
        string before = Directory.GetCurrentDirectory();
        using var written = new StringWriter { NewLine = "\n" };
        try
        {
            Directory.SetCurrentDirectory(folder.Path);
            Console.SetOut(written);
            Train(observer);
        }
        finally
        {
            Console.SetOut(output);
            Directory.SetCurrentDirectory(before);
        }

        Assert.StartsWith("1 passed\n", written.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"{Path.Combine("runs", "direction", "report.html")}\n", written.ToString(), StringComparison.Ordinal);
        double[] losses = [.. observer.Epochs.Where(epoch => epoch.Stage == "student").Select(epoch => epoch.Terms["direction"])];
        Assert.True(losses[^1] < losses[0], string.Join(", ", losses));
        Assert.Equal("connector", Assert.Single(observer.DryRuns[^1].Terms[1].Parts).Name);
    }

    [Fact]
    public void The_formula_does_not_depend_on_the_length_of_the_features_and_is_zero_for_one_direction()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([4, 6]), teacher = Aten.Randn([4, 6]);
        TensorAssert.Close(DirectionMatching.Distance(student, teacher, 1.5), DirectionMatching.Distance(student * 3.0, teacher * 0.2, 1.5), 1e-5);
        Assert.Equal(0, DirectionMatching.Distance(teacher * 2.0, teacher, 1.5).ToDouble(), 1e-6);
        Assert.Equal(4, DirectionMatching.Distance(teacher * -1.0, teacher, 2).ToDouble(), 1e-5);
    }

    private static void Train(ITrainingObserver observer)
    {
        // page begins
        MethodRegistry methods = new([.. typeof(Method).Assembly.GetTypes(), typeof(DirectionMatching)]);
        VerificationReport report = new Verifier(methods, ModelRegistry.Default).Verify(["direction.safetensors"]);
        Console.WriteLine(report); // 1 passed

        Recipe recipe = Recipe.Load("direction.yaml");
        using RunFolder folder = RunFolder.Open("runs/direction", ExistingRun.Refuse, TimeProvider.System);
        using var run = new Run(recipe, folder, observer, methods: methods);
        RunResult result = run.Train();
        Console.WriteLine($"{result.Student.Accuracy:P1}: {result.ReportFile}");
        // page ends
    }

    private static string SamplePath(string name) => RepositoryFiles.Repository("tests", "Samples", name);

    private static string Sample(string name) => File.ReadAllText(SamplePath(name));

    private static string Unindented(string code) => code.Replace("\n        ", "\n", StringComparison.Ordinal)[8..];

    private static string[] Blocks(string page, string language) =>
        [.. page.Split($"```{language}\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)])];
}
