using Retort.Distillation;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Verification;

public class VerifierTests
{
    [Fact]
    public void A_case_whose_figures_are_right_passes()
    {
        using var scope = new TensorScope();
        CaseResult result = KdCase.Make().Run();

        Assert.Equal((Verdict.Passed, "pass"), (result.Verdict, result.Summary));
        Assert.Equal(["loss", "grad.student.logits"], result.Checks.Select(check => check.Name));
        Assert.Equal(("case", "loss", "kd"), (result.Name, result.Kind, result.What));
        Assert.All(result.Checks, check => Assert.NotEqual(0, check.Reference));
    }

    [Fact]
    public void A_figure_that_is_a_little_wrong_fails()
    {
        using var scope = new TensorScope();
        CaseResult loss = KdCase.Make().Scaled("expect.loss", 1.0001).Run(), gradient = KdCase.Make().Scaled("expect.grad.student.logits", 1.01, 5).Run();

        Assert.Equal((Verdict.Failed, Verdict.Failed), (loss.Verdict, gradient.Verdict));
        Assert.Equal(["loss"], loss.Checks.Where(check => !check.Passed).Select(check => check.Name));
        Assert.Equal(["grad.student.logits"], gradient.Checks.Where(check => !check.Passed).Select(check => check.Name));
        Assert.StartsWith("grad.student.logits: ", Assert.Single(gradient.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_shape_or_a_loss_that_is_no_number_fails()
    {
        using var scope = new TensorScope();
        CaseResult shape = KdCase.Make().With("expect.grad.student.logits", new float[12], 4, 3).Run();
        CaseResult number = KdCase.Make().Scaled("student.logits", double.NaN).Run();

        Assert.Equal("grad.student.logits: the shape is [3, 4], must be [4, 3]", Assert.Single(shape.Faults));
        Assert.Equal(Verdict.Failed, number.Verdict);
        Assert.All(number.Checks, check => Assert.False(check.Passed));
    }

    [Theory]
    [InlineData("method \"sodium\"", """{"temperature": 2.0}""", "loss", "sodium")]
    [InlineData("option \"temprature\"", """{"temprature": 2.0}""", "loss", "kd")]
    [InlineData("option \"temperature\" = -1", """{"temperature": -1}""", "loss", "kd")]
    [InlineData("option \"temperature\" = hot", """{"temperature": "hot"}""", "loss", "kd")]
    [InlineData("kind \"detector\"", "{}", "detector", "kd")]
    public void What_is_not_known_is_named(string missing, string options, string kind, string method)
    {
        using var scope = new TensorScope();
        CaseResult result = KdCase.Make(options, kind, method).Run();

        Assert.Equal((Verdict.Unknown, $"unknown: {missing}"), (result.Verdict, result.Summary));
        Assert.NotEmpty(Assert.Single(result.Faults));
    }

    [Fact]
    public void An_unknown_mode_stage_or_tensor_is_named()
    {
        using var scope = new TensorScope();
        CaseResult mode = new CaseFile("""{"kind": "loss", "method": "kd", "mode": "dream"}""").With("labels", 1).Run();
        CaseResult stage = new CaseFile("""{"kind": "loss", "method": "kd", "stage": "warm-up"}""").With("labels", 1).Run();
        CaseResult tensor = KdCase.Make().With("student.feature.0", 1).Run();

        Assert.Equal(
            ["unknown: mode \"dream\"", "unknown: stage \"warm-up\"", "unknown: tensor \"student.feature.0\""],
            [mode.Summary, stage.Summary, tensor.Summary]);
    }

    [Fact]
    public void Progress_is_told_before_each_case_of_all_paths()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        string one = KdCase.Make().Write(folder.Path, "one.safetensors");
        List<(int, int)> told = [];
        new Verifier(MethodRegistry.Default, ModelRegistry.Default) { Progress = (done, total) => told.Add((done, total)) }.Verify([folder.Path, one]);
        Assert.Equal([(0, 2), (1, 2)], told);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named_and_the_others_run()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        string whole = KdCase.Make().Write(folder.Path, "b.safetensors");
        byte[] bytes = File.ReadAllBytes(whole);
        folder.Write("a.safetensors", bytes.AsSpan(0, bytes.Length - 4));
        folder.Write("c.safetensors", []);
        Directory.CreateDirectory(Path.Combine(folder.Path, "deep"));
        new CaseFile("no json").With("labels", 1).Write(folder.Path, "deep/d.safetensors");
        new CaseFile("[]").With("labels", 1).Write(folder.Path, "deep/e.safetensors");
        new CaseFile("""{"method": "kd"}""").With("labels", 1).Write(folder.Path, "deep/f.safetensors");
        folder.Write("notes.txt", "not a case"u8);

        VerificationReport report = CaseFile.Verify([folder.Path, Path.Combine(folder.Path, "absent.safetensors")]);

        Assert.Equal(["a", "b", "c", "deep/d", "deep/e", "deep/f", "absent"], report.Results.Select(result => result.Name));
        Assert.Equal(["b"], report.Results.Where(result => result.Verdict == Verdict.Passed).Select(result => result.Name));
        Assert.Equal(6, report.Count(Verdict.Unreadable));
        Assert.All(report.Results.Where(r => r.Verdict == Verdict.Unreadable), r => Assert.Contains(".safetensors: ", Assert.Single(r.Faults)));
        Assert.Equal((Verdict.Unreadable, "1 passed, 6 unreadable"), (report.Verdict, report.ToString()));
    }

    [Fact]
    public void A_folder_without_cases_is_unreadable()
    {
        using var folder = new TemporaryFolder();

        CaseResult result = Assert.Single(CaseFile.Verify([folder.Path]).Results);

        Assert.Equal((Verdict.Unreadable, folder.Path), (result.Verdict, result.Name));
    }

    [Fact]
    public void A_null_in_the_description_counts_as_absent()
    {
        using var scope = new TensorScope();
        CaseResult result = KdCase.Make("null", extra: """, "stage": null, "mode": null """).Run();

        Assert.Equal((Verdict.Failed, "kd"), (result.Verdict, result.What)); // the figures are those of another temperature
        Assert.All(result.Checks, check => Assert.False(check.Passed));
    }

    [Fact]
    public void A_case_that_expects_nothing_does_not_pass()
    {
        using var scope = new TensorScope();
        CaseResult result = new CaseFile("""{"kind": "loss", "method": "kd"}""")
            .With("student.logits", new float[8], 2, 4).With("teacher.logits", new float[8], 2, 4).Run();

        Assert.Equal(Verdict.Unreadable, result.Verdict);
    }

    [Fact]
    public void A_failure_counts_before_what_is_unknown()
    {
        static CaseResult Ended(Verdict verdict) => new() { Name = "", Verdict = verdict };

        Assert.Equal(Verdict.Failed, new VerificationReport([Ended(Verdict.Unknown), Ended(Verdict.Failed), Ended(Verdict.Unreadable)]).Verdict);
        Assert.Equal(Verdict.Unknown, new VerificationReport([Ended(Verdict.Passed), Ended(Verdict.Unknown)]).Verdict);
        Assert.Equal(Verdict.Passed, new VerificationReport([Ended(Verdict.Passed)]).Verdict);
        Assert.Equal(Verdict.Unreadable, new VerificationReport([]).Verdict);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        string file = KdCase.Make().Write(folder.Path);
        CaseFile.Verify([file]);
        long before = Collector.LiveTensors();

        CaseFile.Verify([file, file]);

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }
}
