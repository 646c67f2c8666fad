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

    /// <summary>Two steps of plain training, whose losses are computed here without the product's stages.</summary>
    private static CaseResult Make(
        int? perturbed = null, string learningRate = "0.1", string weights = """{"ce": 1.0, "kd": 0.0, "method": 0.0}""", int steps = 2)
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 4);
        LcgFill.Apply(network.State());
        Tensor input = Aten.Arange(4 * 3 * 8 * 8, DType.Float32).Sin().Reshape([4, 3, 8, 8]);
        Tensor labels = Tensor.From<long>([0, 1, 2, 3]);
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
