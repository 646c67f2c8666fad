using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Verification;

/// <summary>The shared cases prove that networks are right; these prove that a wrong figure is noticed, wherever it stands.</summary>
public class ModelCaseTests
{
    private const string Taps = """ "taps": ["stem", "stage1", "stage2", "stage3", "pooled"]""";

    [Fact]
    public void A_wrong_figure_is_noticed_wherever_it_stands()
    {
        using var scope = new TensorScope();
        Assert.Equal([], Make().Run().Faults);
        string[] figures = ["logits", "features.4", "preact.2.digest", "state.bn1.running_var", "state.bn1.num_batches_tracked"];
        foreach (string figure in figures)
        {
            CaseResult result = Make().Scaled("expect." + figure, figure.EndsWith("tracked", StringComparison.Ordinal) ? 2 : 1.1).Run();

            Assert.Equal(Verdict.Failed, result.Verdict);
            Assert.StartsWith(figure + ": ", Assert.Single(result.Faults), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void In_evaluation_the_network_made_fast_is_held_against_the_figures_too()
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        LcgFill.Apply(network.State());
        network.Eval();
        Tensor input = Aten.Arange(2 * 3 * 8 * 8, DType.Float32).Sin().Reshape([2, 3, 8, 8]);
        using var noGrad = GradMode.Disable();
        NetworkOutput output = network.Forward(input, new HashSet<string> { "stage1" });
        CaseResult result = new CaseFile($$"""{"kind": "model", "model": "resnet8", "options": {"num_classes": 10}, "fill": "lcg", "mode": "eval", {{Taps}}}""")
            .With("input", input).With("expect.logits", output.Logits).With("expect.features.1.digest", FeatureDigest.Of(output["stage1"])).Run();

        Assert.Equal([], result.Faults);
        Assert.Equal(["logits", "features.1.digest", "optimised.logits", "optimised.features.1.digest"], result.Checks.Select(check => check.Name));
    }

    [Theory]
    [InlineData(""" "names": ["conv1.weight", "bn1.bias"]""", "names: number 1 is bn1.weight, must be bn1.bias")]
    [InlineData(""" "shapes": [[16, 3, 3, 3], [8]]""", "shapes: number 1 is [16], must be [8]")]
    [InlineData(""" "feature_shapes": [[2, 16, 9, 9]]""", "feature_shapes: number 0 is [2, 16, 8, 8], must be [2, 16, 9, 9]")]
    public void Names_and_shapes_are_compared_in_order(string description, string fault)
    {
        using var scope = new TensorScope();
        CaseResult result = Make($"{description}, {Taps}").Run();

        Assert.Equal((Verdict.Failed, fault), (result.Verdict, Assert.Single(result.Faults)));
    }

    [Theory]
    [InlineData("""{"num_classes": 10, "width": 2}""", "\"fill\": \"lcg\"", "unknown: option \"width\"")]
    [InlineData("""{"num_classes": 10, "dropout": 0.5}""", "\"fill\": \"lcg\"", "unknown: option \"dropout\"")]
    [InlineData("{}", "\"fill\": \"lcg\"", "unknown: option \"num_classes\"")]
    [InlineData("""{"num_classes": 10}""", "\"fill\": \"ones\"", "unknown: fill \"ones\"")]
    [InlineData("""{"num_classes": 10}""", "\"checkpoint\": \"absent.pth\"", "unreadable")]
    [InlineData("""{"num_classes": 10}""", "\"checkpoint\": \"../other.pth\"", "unreadable")]
    [InlineData("""{"num_classes": 10}""", "\"mode\": \"eval\"", "FAIL")]
    public void Options_and_weights_are_taken_as_they_are_described(string options, string weights, string summary)
    {
        using var scope = new TensorScope();
        CaseResult result = new CaseFile($$"""{"kind": "model", "model": "resnet8", "options": {{options}}, {{weights}}}""")
            .With("input", new float[3 * 8 * 8], 1, 3, 8, 8).With("expect.logits", new float[10], 1, 10).Run();

        Assert.Equal(summary, result.Summary);
        Assert.NotNull(result.Message);
    }

    [Fact]
    public void A_tap_that_the_network_lacks_fails_and_an_output_without_meaning_is_unknown()
    {
        using var scope = new TensorScope();
        CaseResult tap = Make(""" "taps": ["attic"]""", withFeatures: false).With("expect.features.0", [0], 1).Run();
        CaseResult output = Make().With("expect.features.7", [0], 1).Run();

        Assert.Equal("features.0: the network has no tap \"attic\"", Assert.Single(tap.Faults));
        Assert.Equal("unknown: output \"features.7\"", output.Summary);
    }

    /// <summary>A case of resnet8 in training mode whose figures are the network's own.</summary>
    private static CaseFile Make(string description = Taps, bool withFeatures = true)
    {
        CaseFile file = new CaseFile(
            $$"""{"kind": "model", "model": "resnet8", "options": {"num_classes": 10}, "fill": "lcg", "mode": "train", {{description}}}""");
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        LcgFill.Apply(network.State());
        Tensor input = Aten.Arange(2 * 3 * 8 * 8, DType.Float32).Sin().Reshape([2, 3, 8, 8]);
        using var noGrad = GradMode.Disable();
        NetworkOutput output = network.Forward(input, new HashSet<string> { "stage2.preact", "pooled" });
        Dictionary<string, Tensor> state = network.State().ToDictionary(entry => entry.Key, entry => entry.Value);
        file.With("input", input).With("expect.logits", output.Logits)
            .With("expect.state.bn1.running_var", state["bn1.running_var"])
            .With("expect.state.bn1.num_batches_tracked", state["bn1.num_batches_tracked"]);
        return withFeatures
            ? file.With("expect.features.4", output["pooled"]).With("expect.preact.2.digest", FeatureDigest.Of(output["stage2.preact"]))
            : file;
    }
}
