using Retort.Distillation;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.Verification;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class ZooGoldenTests
{
    /// <summary>Parameters for 100 and for 10 classes, and MACs for 100, of RepDistiller's definitions.</summary>
    public static TheoryData<string, long, long, double> CifarCounts => new()
    {
        { "resnet8", 83_892, 78_042, 12.51 },
        { "resnet110", 1_736_564, 1_730_714, 253.16 },
        { "resnet32x4", 7_433_860, 7_410_730, 1083.04 },
        { "wrn_16_1", 180_916, 175_066, 26.66 },
        { "wrn_16_2", 703_284, 691_674, 101.12 },
        { "wrn_40_1", 569_780, 563_930, 83.29 },
        { "wrn_40_2", 2_255_156, 2_243_546, 327.61 },
        { "vgg8", 3_965_028, 3_918_858, 96.19 },
        { "vgg11", 9_277_284, 9_231_114, 209.44 },
        { "vgg13", 9_462_180, 9_416_010, 284.94 },
        { "vgg16", 14_774_436, 14_728_266, 398.18 },
        { "vgg19", 20_086_692, 20_040_522, 511.43 },
        { "MobileNetV2", 812_836, 697_546, 6.52 },
        { "ShuffleV1", 949_258, 862_768, 38.69 },
        { "ShuffleV2", 1_355_528, 1_263_278, 44.50 },
        { "ResNet50", 23_705_252, 23_520_842, 1298.01 },
    };

    /// <summary>Parameters for 1000 classes and MACs of an image of 224 pixels.</summary>
    public static TheoryData<string, long, double> ImageNetCounts => new()
    {
        { "resnet18", 11_689_512, 1814 },
        { "resnet34", 21_797_672, 3664 },
        { "resnet50", 25_557_032, 4089 },
        { "resnet101", 44_549_160, 7801 },
        { "resnet152", 60_192_808, 11514 },
        { "mobilenet_v1", 4_231_976, 569 },
        { "mobilenet_v2", 3_504_872, 301 },
        { "deit_tiny_patch16_224", 5_717_416, 1254 }, // 1.3 and 4.6 G as published: the attention's products count
        { "deit_small_patch16_224", 22_050_664, 4599 },
    };

    /// <summary>Models with an image size that keeps the whole-zoo tests cheap.</summary>
    public static TheoryData<string, int> SmallestOfEachFamily => new()
    {
        { "resnet8", 32 },
        { "resnet8x4", 32 },
        { "wrn_16_2", 32 },
        { "vgg8", 32 },
        { "vgg11", 64 },
        { "MobileNetV2", 32 },
        { "ShuffleV1", 32 },
        { "ShuffleV2", 32 },
        { "ResNet50", 32 },
        { "resnet18", 64 },
        { "resnet50", 64 },
        { "mobilenet_v1", 64 },
        { "mobilenet_v2", 64 },
        { "deit_tiny_patch4_32", 32 },
    };

    [SharedFileFact("golden", "model", "wrn_16_1-100-eval.safetensors")]
    public void Every_golden_model_case_passes()
    {
        VerificationReport report = new Verifier(MethodRegistry.Default, ModelRegistry.Default)
            .Verify([RepositoryFiles.Shared("golden", "model")]);

        Assert.True(report.Results.Count >= 37, $"only {report.Results.Count} cases were found");
        string faults = string.Join('\n', report.Results.Where(r => r.Verdict != Verdict.Passed).Select(r => $"{r.Name}: {r.Summary}\n  "
            + string.Join("\n  ", r.Faults)));
        Assert.True(faults.Length == 0, faults);
    }

    [Theory]
    [MemberData(nameof(CifarCounts))]
    public void Parameters_and_macs_of_cifar_models_are_the_published_ones(string model, long parameters100, long parameters10, double macs)
    {
        NetworkCost cost = CostOf(model, classes: 100);
        Assert.Equal((parameters100, macs), (cost.Parameters, Math.Round(cost.Macs / 1e6, 2)));
        Assert.Equal(parameters10, CostOf(model, classes: 10).Parameters);
    }

    [Theory]
    [MemberData(nameof(ImageNetCounts))]
    public void Parameters_and_macs_of_imagenet_models_are_the_published_ones(string model, long parameters, double macs)
    {
        NetworkCost cost = CostOf(model, classes: 1000);
        Assert.Equal((parameters, macs), (cost.Parameters, Math.Round(cost.Macs / 1e6)));
    }

    [Theory]
    [MemberData(nameof(SmallestOfEachFamily))]
    public void Taps_asked_for_change_nothing_else_and_all_are_given(string model, int size)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create(model, 5);
        network.Eval();
        using var noGrad = GradMode.Disable();
        Tensor images = Aten.Randn([2, 3, size, size]);
        HashSet<string> names = [.. network.TapNames, .. network.TapNames.Select(tap => tap + Network.PreActivation)];
        NetworkOutput output = network.Forward(images, names);

        Assert.Equal(names.Order(), output.Taps.Keys.Order());
        TensorAssert.Same(network.Forward(images), output.Logits, model);
        TensorAssert.Close(network.Classifier!.Forward(output["pooled"]), output.Logits, 1e-6, model);
        foreach (string tap in names) // each alone is what it is among all
            TensorAssert.Same(network.Forward(images, new HashSet<string> { tap })[tap], output[tap], $"{model} {tap}");
    }

    [Theory]
    [MemberData(nameof(SmallestOfEachFamily))]
    public void The_pooled_map_is_after_its_activation_and_pooled_is_its_mean(string model, int size)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network network = ModelRegistry.Default.Create(model, 5);
        Assert.DoesNotContain(Network.BeforePooling, network.TapNames);
        Assert.Equal(model is "wrn_16_2" or "MobileNetV2" or "ShuffleV2" or "mobilenet_v2", network.HasTap(Network.BeforePooling));
        NetworkShape shape = NetworkShape.Of(model, network, size, size, Device.Cpu);
        Assert.Equal(network.PooledMap, shape.PooledMap);
        if (model == "deit_tiny_patch4_32") // its class token is pooled from no map
        {
            Assert.Null(network.PooledMap);
            return;
        }

        Tensor images = Aten.Randn([2, 3, size, size]);
        NetworkOutput output = network.Forward(images, new HashSet<string> { network.PooledMap!, "pooled" });
        Tensor map = output[network.PooledMap!];
        Assert.Equal(shape.Taps[network.PooledMap!], map.Shape[1..]);
        Assert.Equal(0, map.Min().ToDouble());
        TensorAssert.Same(output["pooled"], map.Mean([2, 3]), model);
        Assert.All(Gradients.Of([map.Square().Sum()], [.. network.Parameters().Take(1)]), gradient => Assert.NotEqual(0, gradient!.Abs().Sum().ToDouble()));
        network.Eval();
        TensorAssert.Same(
            network.Forward(images), network.Forward(images, new HashSet<string> { network.PooledMap! }).Logits, $"{model}, logits beside the map");
    }

    [Theory]
    [MemberData(nameof(SmallestOfEachFamily))]
    public void Pre_activation_taps_leave_running_statistics_as_they_would_be(string model, int size)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using Network plain = ModelRegistry.Default.Create(model, 5), tapped = ModelRegistry.Default.Create(model, 5);
        tapped.LoadState(plain.State().ToDictionary());
        using var noGrad = GradMode.Disable();
        Tensor images = Aten.Randn([2, 3, size, size]);
        plain.Forward(images);
        tapped.Forward(images, tapped.TapNames.Select(tap => tap + Network.PreActivation).ToHashSet());

        Dictionary<string, Tensor> expected = plain.State().ToDictionary();
        foreach ((string name, Tensor value) in tapped.State())
            TensorAssert.Same(expected[name], value, $"{model} {name}");
        Assert.All(tapped.State().Where(entry => entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)),
            entry => Assert.Equal(1, entry.Value.Item<long>()));
    }

    [Theory]
    [MemberData(nameof(SmallestOfEachFamily))]
    public void Every_parameter_learns_from_logits_and_taps_and_nothing_leaks(string model, int size)
    {
        using Network network = ModelRegistry.Default.Create(model, 5);
        HashSet<string> names = [.. network.TapNames, .. network.TapNames.Select(tap => tap + Network.PreActivation), network.PooledMap ?? "pooled"];
        TensorAssert.LeavesNothing(() =>
        {
            using var scope = new TensorScope();
            NetworkOutput output = network.Forward(Aten.Randn([2, 3, size, size]), names);
            Tensor loss = output.Logits.Square().Sum();
            foreach (Tensor tap in output.Taps.Values)
                loss = loss + tap.Square().Mean();
            Assert.All(Gradients.Of([loss], network.Parameters()), gradient => Assert.NotEqual(0, gradient!.Abs().Sum().ToDouble()));
        });
    }

    [Fact]
    public void ShuffleV2_has_the_names_of_RepDistiller_in_their_order()
    {
        using Network network = ModelRegistry.Default.Create("ShuffleV2", 5);
        string[] names = [.. network.NamedParameters().Select(entry => entry.Key)];
        Assert.Equal(["conv1.weight", "bn1.weight", "bn1.bias"], names[..3]);
        Assert.Equal(Names("layer1.0.", 5).Concat(Names("layer1.1.", 3)), names[3..27]);
        Assert.Equal(Names("layer3.3.", 3).Concat(["conv2.weight", "bn2.weight", "bn2.bias", "linear.weight", "linear.bias"]), names[^14..]);

        static IEnumerable<string> Names(string block, int convolutions) => Enumerable.Range(1, convolutions)
            .SelectMany(i => (string[])[$"{block}conv{i}.weight", $"{block}bn{i}.weight", $"{block}bn{i}.bias"]);
    }

    [Fact]
    public void A_stage_of_ShuffleV2_is_its_pre_activation_with_one_half_rectified_and_the_halves_in_turn()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = ModelRegistry.Default.Create("ShuffleV2", 5);
        NetworkOutput output = network.Forward(Aten.Randn([2, 3, 32, 32]), new HashSet<string> { "stage2", "stage2.preact" });

        Tensor before = output["stage2.preact"], after = output["stage2"];
        TensorAssert.Same(before.Slice(1, 0, 116), after.Slice(1, 0, null, 2), "the half that passes by");
        TensorAssert.Same(before.Slice(1, 116).Relu(), after.Slice(1, 1, null, 2), "the other half");
        Assert.True(before.Slice(1, 116).Min().ToDouble() < 0);
    }

    [Theory]
    [MemberData(nameof(SmallestOfEachFamily))]
    public void The_norm_of_a_tap_has_its_channels(string model, int size)
    {
        using Network network = ModelRegistry.Default.Create(model, 5);
        NetworkShape shape = NetworkShape.Of(model, network, size, size, Device.Cpu);
        IEnumerable<string> stages = network.TapNames.Where(tap => tap.StartsWith("stage", StringComparison.Ordinal));

        // RepDistiller has no list for the first two: a stage's channels come from more than one norm. A transformer has no batch norms.
        Assert.Equal(
            model is "ShuffleV1" or "ShuffleV2" or "deit_tiny_patch4_32" ? [] : stages.Select(tap => tap + Network.PreActivation).Order(), shape.Norms.Keys.Order());
        foreach ((string tap, BatchNorm norm) in shape.Norms)
            Assert.Equal(shape.Taps[tap][0], norm.Channels);
    }

    [Theory]
    [InlineData("vgg13", "classifier.weight", 0.01)]
    [InlineData("vgg13", "block4.3.weight", 0.0208)] // √(2 / (9 · 512))
    [InlineData("wrn_40_2", "block3.layer.1.conv1.weight", 0.0417)] // √(2 / (9 · 128))
    [InlineData("MobileNetV2", "blocks.6.0.conv.3.weight", 0.0215)] // √(2 / (9 · 480)): fan-out of all groups together
    [InlineData("MobileNetV2", "classifier.0.weight", 0.01)]
    [InlineData("ResNet50", "layer4.2.conv3.weight", 0.03125)] // √(2 / 2048)
    [InlineData("ShuffleV1", "linear.weight", 0.01863)] // 1 / √(3 · 960): PyTorch's default
    [InlineData("mobilenet_v1", "fc.weight", 0.05774)] // 1 / √(3 · 100)
    [InlineData("mobilenet_v2", "classifier.1.weight", 0.01)]
    [InlineData("deit_tiny_patch4_32", "blocks.11.mlp.fc2.weight", 0.02)]
    [InlineData("deit_tiny_patch4_32", "pos_embed", 0.02)]
    [InlineData("deit_tiny_patch4_32", "patch_embed.proj.weight", 0.08333)] // 1 / √(3 · 48): PyTorch's default
    public void Initial_weights_spread_as_in_the_original_code(string model, string name, double deviation)
    {
        TorchRuntime.Seed(3);
        using Network network = ModelRegistry.Default.Create(model, 100);
        using var noGrad = GradMode.Disable();
        double found = network.State().Single(entry => entry.Key == name).Value.Square().Mean().Sqrt().ToDouble();
        Assert.InRange(found, deviation * 0.96, deviation * 1.04);
    }

    [Theory]
    [InlineData("vgg8", "block0.0.bias")]
    [InlineData("vgg8", "classifier.bias")]
    [InlineData("wrn_16_1", "fc.bias")]
    [InlineData("MobileNetV2", "classifier.0.bias")]
    [InlineData("mobilenet_v1", "fc.bias")]
    [InlineData("mobilenet_v2", "classifier.1.bias")]
    [InlineData("deit_tiny_patch4_32", "blocks.0.attn.qkv.bias")]
    public void Initial_biases_are_zero_where_the_original_code_zeroes_them(string model, string name)
    {
        using Network network = ModelRegistry.Default.Create(model, 10);
        using var noGrad = GradMode.Disable();
        Assert.Equal(0, network.State().Single(entry => entry.Key == name).Value.Abs().Sum().ToDouble());
    }

    private static NetworkCost CostOf(string model, int classes)
    {
        ModelEntry entry = ModelRegistry.Default.Find(model);
        using Network network = entry.Create(classes);
        return NetworkCost.Measure(network, entry.ImageSize, entry.ImageSize, Device.Cpu);
    }
}
