using Retort.Distillation;
using Retort.Torch;
using Retort.Training.Verification;

namespace Retort.Tests.Training.Verification;

/// <summary>What methods may bring beside logits and features; the sample methods are linear, so that gradients are plain to see.</summary>
public class LossCaseTests
{
    private static readonly MethodRegistry Samples = new(typeof(MemoryMethod), typeof(TeacherFactsMethod), typeof(StagedMethod));

    [Fact]
    public void A_method_is_bound_to_the_samples_of_its_saved_memory_and_gets_further_inputs()
    {
        using var scope = new TensorScope();
        CaseFile file = new CaseFile("""{"kind": "loss", "method": "sample-memory"}""")
            .With("student.features.0", [1, 2, 3, 4], 2, 2).With("teacher.features.0", [50, 60, 70, 80], 2, 2)
            .With("input.indices", 2, 0).With("input.bonus", [100], 1)
            .With("param.bank_memory", [1, 2, 3, 4, 5, 6], 3, 2)
            .WithFigures("expect.loss", (1 * 5) + (2 * 6) + (3 * 1) + (4 * 2) + 100)
            .With("expect.memory", [70, 80, 3, 4, 50, 60], 3, 2)
            .With("expect.grad.student.features.0", [5, 6, 1, 2], 2, 2).With("expect.grad.input.bonus", [1], 1);

        CaseResult result = file.Run(Samples);

        Assert.Equal([], result.Faults);
        Assert.Equal(["loss", "memory", "grad.student.features.0", "grad.input.bonus"], result.Checks.Select(check => check.Name));
        Assert.Equal(Verdict.Passed, result.Verdict);
        Assert.Equal(Verdict.Failed, file.Scaled("expect.memory", 1.01).Run(Samples).Verdict);
    }

    [Fact]
    public void Classifier_and_norms_of_the_case_are_the_teachers()
    {
        using var scope = new TensorScope();
        CaseFile file = new CaseFile("""{"kind": "loss", "method": "sample-facts"}""")
            .With("student.features.0", [1, 2, 3, 4], 1, 2, 1, 2).With("teacher.features.0", [1, 1], 1, 2, 1, 1)
            .With("teacher.logits", new float[3], 1, 3)
            .With("input.classifier.weight", [1, 2, 3, 4, 5, 6], 3, 2).With("input.classifier.bias", [1, 1, 1], 3)
            .With("input.bn.0.weight", [1, 2], 2).With("input.bn.0.bias", [10, 20], 2)
            .WithFigures("expect.loss", 3 * ((9 * 1.5) + (12 * 3.5) + 3))
            .With("expect.margin", [9, 18], 2).With("expect.grad.student.features.0", [13.5f, 13.5f, 18, 18], 1, 2, 1, 2);

        CaseResult result = file.Run(Samples);

        Assert.Equal([], result.Faults);
        Assert.Equal((Verdict.Passed, 3), (result.Verdict, result.Checks.Count));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(""", "mode": "train" """, 1)]
    [InlineData(""", "mode": "eval" """, 2)]
    public void Parameters_are_loaded_and_the_mode_is_set(string mode, double factor)
    {
        using var scope = new TensorScope();
        CaseFile file = new CaseFile($$"""{"kind": "loss", "method": "sample-stages"{{mode}}}""")
            .With("student.features.0", [1, 2], 1, 2).With("teacher.features.0", [1, 1, 1], 1, 3)
            .With("param.connector.weight", [1, 2, 3, 4, 5, 6], 3, 2)
            .WithFigures("expect.loss", factor * (9 + 24))
            .With("expect.grad.param.connector.weight", [.. new[] { 1.0, 2, 1, 2, 1, 2 }.Select(v => (float)(v * factor))], 3, 2);

        Assert.Equal([], file.Run(Samples).Faults);
        Assert.Equal(Verdict.Failed, file.Scaled("expect.grad.param.connector.weight", 1.01, 3).Run(Samples).Verdict);
    }

    [Fact]
    public void A_case_whose_tensors_a_method_cannot_compute_with_is_told_with_what_it_lacks()
    {
        using var scope = new TensorScope();
        CaseFile kd = new CaseFile("""{"kind": "loss", "method": "kd"}""").With("student.logits", [1, 2, 3, 4], 2, 2).WithFigures("expect.loss", 1);
        CaseResult lacking = kd.Run(MethodRegistry.Default);
        Assert.Equal(Verdict.Unreadable, lacking.Verdict);
        Assert.Contains("which has no teacher.logits, student.features.0, teacher.features.0, labels, input.indices: ", lacking.Message);
        CaseResult misshapen = kd.With("teacher.logits", [1, 2, 3, 4, 5, 6], 2, 3).Run(MethodRegistry.Default);
        Assert.Equal(Verdict.Unreadable, misshapen.Verdict);
        Assert.Contains(".safetensors: the method cannot compute with the tensors of the case, which has no ", misshapen.Message);
    }

    [Fact]
    public void A_stage_has_its_own_loss_and_needs_no_student()
    {
        using var scope = new TensorScope();
        CaseResult result = new CaseFile("""{"kind": "loss", "method": "sample-stages", "stage": "head"}""")
            .With("teacher.features.0", [1, 2], 1, 2).With("param.head.weight", [1, 2, 3, 4], 2, 2)
            .WithFigures("expect.loss", 16).With("expect.reconstruction", [5, 11], 1, 2)
            .With("expect.grad.param.head.weight", [1, 2, 1, 2], 2, 2).Run(Samples);

        Assert.Equal([], result.Faults);
        Assert.Equal((Verdict.Passed, "sample-stages, head"), (result.Verdict, result.What));
    }

    [Fact]
    public void A_case_that_leaves_out_a_parameter_that_acts_fails()
    {
        using var scope = new TensorScope();
        CaseResult result = new CaseFile("""{"kind": "loss", "method": "sample-stages"}""")
            .With("student.features.0", [0, 0], 1, 2).With("teacher.features.0", [1], 1, 1).WithFigures("expect.loss", 0).Run(Samples);

        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.StartsWith("param.connector.weight: ", Assert.Single(result.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Frozen_absent_and_surplus_tensors_fail_by_name()
    {
        using var scope = new TensorScope();
        CaseFile Case() => new CaseFile("""{"kind": "loss", "method": "sample-stages"}""")
            .With("student.features.0", [1], 1, 1).With("teacher.features.0", [1], 1, 1)
            .With("param.connector.weight", [2], 1, 1).With("param.head.weight", [1], 1, 1).WithFigures("expect.loss", 2);

        Assert.Equal(Verdict.Passed, Case().Run(Samples).Verdict);
        Assert.Equal("grad.param.head.weight: the tensor is frozen", Fault(Case().With("expect.grad.param.head.weight", [0], 1, 1)));
        Assert.Equal("grad.labels: there is no such tensor", Fault(Case().With("expect.grad.labels", [0], 1)));
        Assert.Equal("factor: sample-stages gives no such output", Fault(Case().With("expect.factor", [0], 1)));
        Assert.Contains("param.tail", "param." + Fault(Case().With("param.tail", [0], 1)).Split("unexpected: ")[1]);

        static string Fault(CaseFile file)
        {
            CaseResult result = file.Run(Samples);
            Assert.Equal(Verdict.Failed, result.Verdict);
            return Assert.Single(result.Faults);
        }
    }
}
