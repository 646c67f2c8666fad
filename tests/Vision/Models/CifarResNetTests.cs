using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class CifarResNetTests
{
    /// <summary>methods.md, 10.1: counted from RepDistiller's definitions; those without a row there follow from the same rule.</summary>
    public static TheoryData<string, long, long, double?> Costs => new()
    {
        { "resnet8", 83_892, 78_042, 12.51 },
        { "resnet14", 181_108, 175_258, 26.66 },
        { "resnet20", 278_324, 272_474, 40.82 },
        { "resnet32", 472_756, 466_906, 69.13 },
        { "resnet44", 667_188, 661_338, 97.44 },
        { "resnet56", 861_620, 855_770, 125.75 },
        { "resnet110", 1_736_564, 1_730_714, 253.16 },
        { "resnet8x4", 1_233_540, 1_210_410, 177.07 },
        { "resnet14x4", 2_783_620, 2_760_490, null },
        { "resnet20x4", 4_333_700, 4_310_570, null },
        { "resnet32x4", 7_433_860, 7_410_730, 1083.04 },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void Parameters_and_products_are_those_of_the_reference(string model, long hundred, long ten, double? millions)
    {
        using (Network network = ModelRegistry.Default.Create(model, 100))
        {
            NetworkCost cost = NetworkCost.Measure(network, 32, 32, Device.Cpu);
            Assert.Equal(hundred, cost.Parameters);
            if (millions is { } macs)
                Assert.Equal(macs, cost.Macs / 1e6, 2);
            Assert.True(network.IsTraining);
        }

        using Network small = ModelRegistry.Default.Create(model, 10);
        Assert.Equal(ten, small.Parameters().Sum(p => p.Count));
        Assert.Equal(10, small.Classes);
    }

    [Fact]
    public void Every_registered_model_has_a_row()
    {
        Assert.NotEmpty(ModelRegistry.Default.Entries);
        IEnumerable<object> rows = Costs.Select(row => row[0]);
        Assert.Equal(rows.Order(), CifarResNet.Models.Select(m => m.Name).Order());
        Assert.All(CifarResNet.Models, m => Assert.Equal(32, ModelRegistry.Default.Find(m.Name).ImageSize));
    }

    [Theory]
    [InlineData("resnet8", 16, 16)]
    [InlineData("resnet32x4", 32, 64)]
    public void Taps_have_the_shapes_of_the_reference(string model, int stem, int width)
    {
        using Network network = ModelRegistry.Default.Create(model, 10);
        NetworkShape shape = NetworkShape.Of(model, network, 32, 32, Device.Cpu);

        Assert.Equal(["stem", "stage1", "stage2", "stage3", "pooled"], network.TapNames);
        long[][] expected = [[stem, 32, 32], [width, 32, 32], [2 * width, 16, 16], [4 * width, 8, 8], [4 * width]];
        Assert.Equal(network.TapNames.Concat(network.TapNames.Select(t => t + ".preact")), shape.Taps.Keys);
        Assert.Equal(expected.Concat(expected), shape.Taps.Values);
    }

    [Fact]
    public void A_pre_activation_tap_is_the_features_before_the_rectifier()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(2);
        using Network network = ModelRegistry.Default.Create("resnet14", 10);
        Tensor images = Init.Normal([2, 3, 32, 32], 1);
        HashSet<string> taps = [.. network.TapNames, .. network.TapNames.Select(t => t + Network.PreActivation)];
        NetworkOutput output = network.Forward(images, taps);

        foreach (string stage in (string[])["stage1", "stage2", "stage3"])
        {
            Assert.True(output[stage + ".preact"].Relu().Equal(output[stage]), stage);
            Assert.True(output[stage + ".preact"].Min().ToDouble() < 0, stage);
        }

        Assert.True(output["pooled"].Equal(output["stage3"].Mean([2, 3])));
        Assert.True(network.Classifier!.Forward(output["pooled"]).Equal(output.Logits));
    }

    [Fact]
    public void Taps_that_were_not_asked_for_are_not_kept_and_do_not_change_the_logits()
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        network.Eval();
        Tensor images = Init.Normal([2, 3, 32, 32], 1);
        NetworkOutput one = network.Forward(images, new HashSet<string> { "stage2" });

        Assert.Equal(["stage2"], one.Taps.Keys);
        Assert.True(network.Forward(images).Equal(network.Forward(images, new HashSet<string> { "stage1.preact", "stage3.preact" }).Logits));
        Assert.Contains("The tap \"stage1\" was not asked for; there are: stage2.", Assert.Throws<KeyNotFoundException>(() => one["stage1"]).Message);
        Assert.True(network.HasTap("stem.preact"));
        Assert.False(network.HasTap("stage4"));
    }

    [Fact]
    public void State_dict_names_are_those_of_RepDistiller()
    {
        using Network network = ModelRegistry.Default.Create("resnet14", 10);
        string[] names = [.. network.State().Select(p => p.Key)];

        string[] norm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
        IEnumerable<string> Norm(string at) => norm.Select(n => $"{at}.{n}");
        IEnumerable<string> Block(string at, bool shortcut) =>
        [
            $"{at}.conv1.weight", .. Norm($"{at}.bn1"), $"{at}.conv2.weight", .. Norm($"{at}.bn2"),
            .. shortcut ? [$"{at}.downsample.0.weight", .. Norm($"{at}.downsample.1")] : Array.Empty<string>(),
        ];
        Assert.Equal(
            [
                "conv1.weight", .. Norm("bn1"),
                .. Block("layer1.0", false), .. Block("layer1.1", false),
                .. Block("layer2.0", true), .. Block("layer2.1", false),
                .. Block("layer3.0", true), .. Block("layer3.1", false),
                "fc.weight", "fc.bias",
            ],
            names);
    }

    [Fact]
    public void The_wide_ones_have_a_shortcut_in_their_first_stage_too()
    {
        using Network network = ModelRegistry.Default.Create("resnet8x4", 10);
        Assert.Contains(network.State(), p => p.Key == "layer1.0.downsample.0.weight");
    }

    [Fact]
    public void Convolutions_start_kaiming_normal_over_fan_out_and_batch_norms_as_the_identity()
    {
        TorchRuntime.Seed(3);
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create("resnet20", 10);
        int convolutions = 0;
        foreach (var (name, module) in network.NamedModules())
        {
            switch (module)
            {
                case Conv2d conv:
                    convolutions++;
                    long[] shape = conv.Weight.Shape;
                    double expected = Math.Sqrt(2.0 / (shape[0] * shape[2] * shape[3])), count = conv.Weight.Count;
                    double mean = conv.Weight.Mean().ToDouble(), deviation = conv.Weight.Flatten().Std([0], unbiased: true).ToDouble();
                    Assert.True(Math.Abs(mean) < 5 * expected / Math.Sqrt(count), $"{name} has mean {mean}");
                    Assert.True(Math.Abs((deviation / expected) - 1) < 5 / Math.Sqrt(2 * count), $"{name} has deviation {deviation}, not {expected}");
                    break;
                case BatchNorm2d norm:
                    Assert.All(norm.Parameters()[0].ToArray<float>(), w => Assert.Equal(1, w));
                    Assert.All(norm.Parameters()[1].ToArray<float>(), b => Assert.Equal(0, b));
                    break;
            }
        }

        Assert.Equal(21, convolutions);
        double bound = 1 / Math.Sqrt(64);
        float[] classifier = network.Classifier!.Weight.ToArray<float>();
        Assert.InRange(classifier.Max(), 0.9 * bound, bound);
        Assert.InRange(classifier.Min(), -bound, -0.9 * bound);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        TorchRuntime.Seed(5);
        using Network one = ModelRegistry.Default.Create("resnet8", 10);
        TorchRuntime.Seed(5);
        using Network same = ModelRegistry.Default.Create("resnet8", 10);
        using Network other = ModelRegistry.Default.Create("resnet8", 10);
        Assert.All(one.Parameters().Zip(same.Parameters()), p => Assert.True(p.First.Equal(p.Second)));
        Assert.False(one.Classifier!.Weight.Equal(other.Classifier!.Weight));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(2)]
    public void A_depth_that_is_not_6n_plus_2_is_refused(int depth) =>
        Assert.Contains("6n + 2", Assert.Throws<ArgumentOutOfRangeException>(() => new CifarResNet(depth, 16, 16, 10)).Message);

    [Fact]
    public void An_unknown_model_is_refused_with_the_nearest_ones() =>
        Assert.StartsWith(
            "There is no model named \"resnet8x5\". Did you mean 'resnet8x4', 'resnet8' or ",
            Assert.Throws<UnknownNameException>(() => ModelRegistry.Default.Find("resnet8x5")).Message, StringComparison.Ordinal);
}
