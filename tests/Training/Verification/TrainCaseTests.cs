using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Verification;

public class TrainCaseTests
{
    [Fact]
    public void Every_step_is_held_against_its_own_reference()
    {
        using var scope = new TensorScope();
        CaseResult right = Make(), first = Make(perturbed: 0), second = Make(perturbed: 1);

        Assert.Equal([], right.Faults);
        Assert.Equal((Verdict.Passed, "resnet8, labels alone"), (right.Verdict, right.What));
        Assert.Equal((Verdict.Failed, Verdict.Failed), (first.Verdict, second.Verdict));
        Assert.NotEqual(first.Figure!.Reference, second.Figure!.Reference);
    }

    [Fact]
    public void The_optimizer_and_the_weights_of_the_case_are_used()
    {
        using var scope = new TensorScope();

        Assert.Equal(Verdict.Failed, Make(learningRate: "0.2").Verdict);
        Assert.Equal(Verdict.Failed, Make(weights: """{"ce": 0.9, "kd": 0.0, "method": 0.0}""").Verdict);
        Assert.Equal("unknown: method \"sodium\"", Make(weights: """{"ce": 1.0, "sodium": 1.0}""").Summary);
        Assert.Equal("unknown: option \"lr\" = fast", Make(learningRate: "\"fast\"").Summary);
        Assert.Equal("unreadable", Make(steps: 3).Summary);
    }

    [Fact]
    public void Methods_of_the_last_map_read_the_last_stage_also_where_a_run_reads_the_map_that_is_pooled()
    {
        using var scope = new TensorScope();
        using Network student = ModelRegistry.Default.Create("wrn_16_1", 4), teacher = ModelRegistry.Default.Create("resnet14", 4);
        NetworkShape ofStudent = ShapeOf("wrn_16_1", student), ofTeacher = ShapeOf("resnet14", teacher);
        Assert.NotEqual("stage3", ofStudent.PooledMap);
        using Method method = MethodRegistry.Default.Find("srrl").Create(OptionMapping.Empty, "srrl");
        method.Bind(new MethodBinding { Student = ofStudent, Teacher = ofTeacher, Pairs = [new TapPair("stage3", "pooled")] });
        LcgFill.Apply(student.State());
        LcgFill.Apply(teacher.State());
        teacher.Eval();
        NetworkOutput seen = student.Forward(Input(), new HashSet<string> { "stage3" }), target = teacher.Forward(Input(), new HashSet<string> { "pooled" });
        StepInput step = MethodBench.Step(seen.Logits, target.Logits, null, new FeaturePair(seen["stage3"], target["pooled"]));

        CaseFile @case = new CaseFile("""
            {"kind": "train", "teacher": "resnet14", "student": "wrn_16_1", "options": {"num_classes": 4}, "fill": "lcg",
             "method": "srrl", "method_options": {}, "weights": {"ce": 0.0, "kd": 0.0, "method": 1.0},
             "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.0, "weight_decay": 0.0, "nesterov": false},
             "steps": 1, "tolerance": {"loss": 1e-4} }
            """)
            .With("batch.0.input", Input()).With("batch.0.labels", Labels()).WithFigures("expect.loss", method.Value(step));
        foreach ((string name, Tensor value) in method.State())
            @case.With($"method.param.{name}", value);

        CaseResult result = @case.Run();
        Assert.Equal([], result.Faults);
        Assert.Equal(Verdict.Passed, result.Verdict);
    }

    private static Tensor Input() => Aten.Arange(4 * 3 * 8 * 8, DType.Float32).Sin().Reshape([4, 3, 8, 8]);

    private static Tensor Labels() => Tensor.From<long>([0, 1, 2, 3]);

    private static NetworkShape ShapeOf(string name, Network network) => NetworkShape.Of(name, network, 8, 8, Device.Cpu);

    /// <summary>Two steps of plain training, whose losses are computed here without the product's stages.</summary>
    private static CaseResult Make(
        int? perturbed = null, string learningRate = "0.1", string weights = """{"ce": 1.0, "kd": 0.0, "method": 0.0}""", int steps = 2)
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 4);
        LcgFill.Apply(network.State());
        Tensor input = Input(), labels = Labels();
        double[] losses = new double[2];
        for (int step = 0; step < losses.Length; step++)
        {
            Tensor loss = -network.Forward(input).LogSoftmax(1).Gather(1, labels.Unsqueeze(1)).Mean();
            losses[step] = loss.ToDouble() * (step == perturbed ? 1.01 : 1);
            foreach (Tensor parameter in network.Parameters())
                parameter.Grad = null;
            loss.Backward();
            using var noGrad = GradMode.Disable();
            foreach (Tensor parameter in network.Parameters())
                parameter.Sub_(parameter.Grad! * 0.1);
        }

        return new CaseFile($$"""
            {"kind": "train", "student": "resnet8", "options": {"num_classes": 4}, "fill": "lcg", "weights": {{weights}},
             "optimizer": {"name": "sgd", "lr": {{learningRate}}, "momentum": 0.0, "weight_decay": 0.0, "nesterov": false},
             "steps": {{steps}}, "tolerance": {"loss": 1e-3} }
            """)
            .With("batch.0.input", input).With("batch.0.labels", labels).WithFigures("expect.loss", losses).Run();
    }
}
