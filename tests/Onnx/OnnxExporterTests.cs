using Retort.Onnx;
using Retort.Onnx.Format;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Augmentation;

namespace Retort.Tests.Onnx;

public sealed class OnnxExporterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OnnxFact]
    public void Every_option_gives_a_model_that_does_the_same()
    {
        using var scope = new TensorScope();
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(string Name, Tensor Logits)> expected = [];
        foreach (string model in (string[])["resnet8", "deit_tiny_patch4_32"])
        {
            using Network network = Support.Networks.Trained(model);
            for (int opset = ExportOptions.OldestOpset; opset <= ExportOptions.NewestOpset; opset++)
                Add(jobs, expected, network, Export(network, 32, new() { Opset = opset }, $"{model} opset {opset}"), model, 2, 32);
            Add(jobs, expected, network, Export(network, 32, new() { FoldBatchNorms = false }, $"{model} unfolded"), model, 2, 32);
            Add(jobs, expected, network, Export(network, 32, new() { Batch = 3 }, $"{model} of three"), model, 3, 32);
        }

        OnnxRuntime.Check([.. jobs.Select(job => job.Model)]);
        Compare(jobs, expected, tolerance: 1e-4);
    }

    [OnnxFact]
    public void With_preprocessing_a_model_takes_the_pixels_of_an_image()
    {
        using var scope = new TensorScope();
        using Network network = Support.Networks.Trained("resnet8");
        byte[] pixels = new byte[2 * 32 * 32 * 3];
        new Random(3).NextBytes(pixels);
        Tensor images = (Tensor.From<byte>(pixels, 2, 32, 32, 3).To(DType.Float32) / 255).Permute([0, 3, 1, 2]);
        Tensor mean = Tensor.From<float>([.. Normalization.Cifar10.Mean], 1, 3, 1, 1), deviation = Tensor.From<float>([.. Normalization.Cifar10.Deviation], 1, 3, 1, 1);
        Tensor logits;
        using (GradMode.Disable())
            logits = network.Forward((images - mean) / deviation);

        string file = Export(network, 32, new() { Preprocessing = Normalization.Cifar10 }, "pixels");
        OnnxRuntime.Check(file);
        Compare([(file, pixels, [2, 32, 32, 3])], [("pixels", logits)], tolerance: 1e-4);
    }

    [OnnxFact]
    public void Both_forms_of_GELU_are_written_as_they_are()
    {
        using var scope = new TensorScope();
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(string Name, Tensor Logits)> expected = [];
        foreach (bool approximate in (bool[])[false, true])
        {
            using var network = new Activated(new Retort.Torch.Modules.GELU(approximate));
            Add(jobs, expected, network, Export(network, 8, new(), $"GELU, approximate: {approximate}"), "GELU", 16, 8);
        }

        Compare(jobs, expected, tolerance: 1e-6);
        using var exact = new Retort.Torch.Modules.GELU();
        using var near = new Retort.Torch.Modules.GELU(approximate: true);
        Tensor numbers = (Aten.Arange(80, DType.Float32) / 10) - 4;
        Assert.True((exact.Forward(numbers) - near.Forward(numbers)).Abs().Max().ToDouble() > 1e-4); // or the comparison could not tell them apart
    }

    [OnnxFact]
    public void In_half_precision_a_model_is_half_as_large_and_near()
    {
        using var scope = new TensorScope();
        using Network network = Support.Networks.Trained("resnet20");
        string whole = Export(network, 32, new(), "whole"), half = Export(network, 32, new() { Half = true }, "half");
        Assert.InRange(new FileInfo(half).Length, 1, (long)(0.56 * new FileInfo(whole).Length));
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(string Name, Tensor Logits)> expected = [];
        Add(jobs, expected, network, half, "half", 4, 32);
        OnnxRuntime.Check(half);
        Compare(jobs, expected, tolerance: 1e-2);
    }

    [Fact]
    public void Nodes_and_constants_have_the_names_of_modules_and_the_file_says_what_it_is()
    {
        using Network network = Support.Networks.Trained("resnet8");
        var facts = new Dictionary<string, string> { ["model"] = "resnet8", ["classes"] = """["cat", "dog"]""" };
        using FileStream file = File.OpenRead(Export(network, 32, new() { Metadata = facts }, "named"));
        ModelProto model = ModelProto.Parser.ParseFrom(file);
        Assert.Equal(facts, model.MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value));
        Assert.Equal(("resnet8", "images", "logits"), (model.Graph.Name, model.Graph.Input[0].Name, model.Graph.Output[0].Name));
        Assert.Contains(model.Graph.Node, node => node.Name == "layer2/0/downsample/0/Conv");
        Assert.Contains(model.Graph.Initializer, constant => constant.Name == "layer2.0.downsample.0.weight");
        Assert.DoesNotContain(model.Graph.Node, node => node.OpType == "BatchNormalization");
        Assert.Equal(model.Graph.Node.Select(node => node.Name).Distinct().Count(), model.Graph.Node.Count);
    }

    [Fact]
    public void An_operator_without_a_counterpart_is_refused_by_name_and_place()
    {
        using var network = new Sorting();
        OnnxExportException refused = Assert.Throws<OnnxExportException>(() => Export(network, 8, new(), "sorting"));
        Assert.Contains("aten::cumsum (in or behind the module \"inner\")", refused.Message);
    }

    public static TheoryData<string, Func<Tensor, Tensor>> Unwritten => new()
    {
        { "aten::div", images => images.Mean([2, 3]).Div(Tensor.FromValue(0.3f), "floor") },
        { "aten::mean", images => images.Mean([2, 3], dtype: DType.Float64) },
        { "aten::softmax", images => images.Mean([2, 3]).Softmax(1, DType.Float64) },
    };

    [Theory]
    [MemberData(nameof(Unwritten))]
    public void What_ONNX_does_not_have_of_an_operator_is_refused(string name, Func<Tensor, Tensor> logits)
    {
        using var network = new FunctionNetwork(logits);
        Assert.StartsWith(name, Assert.Throws<OnnxExportException>(() => Export(network, 8, new(), "unwritten")).Message, StringComparison.Ordinal);
    }

    [OnnxFact]
    public void Constants_that_operators_in_place_change_are_written_as_they_are_then()
    {
        using var scope = new TensorScope();
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(string Name, Tensor Logits)> expected = [];
        using var network = new FunctionNetwork(images => (images.Mean([2, 3]) * Aten.Arange(3, DType.Float32).Mul_(0.1)).Relu_());
        Add(jobs, expected, network, Export(network, 8, new(), "in place"), "in place", 2, 8);
        Compare(jobs, expected, tolerance: 1e-6);
    }

    [Fact]
    public void A_network_that_gives_zeros_alone_is_written()
    {
        using Network network = Support.Networks.Trained("resnet8");
        using (GradMode.Disable())
        {
            network.Classifier!.Weight.Zero_();
            network.Classifier.Bias!.Zero_();
        }

        Assert.Equal(0, OnnxExporter.Export(network, 32, 32, new(), Stream.Null).Difference);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(18)]
    public void An_opset_that_is_not_written_is_refused(int opset)
    {
        using Network network = Support.Networks.Trained("resnet8");
        Assert.Contains("only 13 to 17", Assert.Throws<OnnxExportException>(() => Export(network, 32, new() { Opset = opset }, "opset")).Message);
    }

    [Fact]
    public void An_export_leaves_no_tensor_behind() => TensorAssert.LeavesNothing(() =>
    {
        using Network network = Support.Networks.Trained("deit_tiny_patch4_32");
        OnnxExporter.Export(network, 32, 32, new ExportOptions { Half = true }, Stream.Null);
    });

    private string Export(Network network, int size, ExportOptions options, string name)
    {
        string path = Path.Combine(_folder.Path, $"{name}.onnx");
        using FileStream file = File.Create(path);
        ExportResult result = OnnxExporter.Export(network, size, size, options, file);
        Assert.Equal(file.Length, result.Bytes);
        return path;
    }

    private static void Add(
        List<(string Model, Array Input, long[] Shape)> jobs, List<(string Name, Tensor Logits)> expected, Network network, string file, string name, int batch,
        int size)
    {
        using var noGrad = GradMode.Disable();
        Tensor images = Aten.Randn([batch, 3, size, size]);
        jobs.Add((file, images.ToArray<float>(), images.Shape));
        expected.Add(($"{name}, {batch} images", network.Forward(images)));
    }

    private void Compare(List<(string Model, Array Input, long[] Shape)> jobs, List<(string Name, Tensor Logits)> expected, double tolerance)
    {
        float[][] actual = OnnxRuntime.Run(_folder.Path, [.. jobs]);
        foreach ((var (name, logits), float[] given) in expected.Zip(actual))
        {
            float[] wanted = logits.ToArray<float>();
            Assert.Equal(wanted.Length, given.Length);
            double scale = Math.Max(1, wanted.Max(Math.Abs)), apart = wanted.Zip(given, (a, b) => Math.Abs((double)a - b)).Max();
            Assert.True(apart <= tolerance * scale, $"{name}: {apart} of {scale}");
        }
    }

    /// <summary>Ends in an activation.</summary>
    private sealed class Activated(Retort.Torch.Modules.Layer activation) : Network
    {
        public override int Classes => 8;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) =>
            new(activation.Forward(images.Mean([1, 2]) * 4), new Dictionary<string, Tensor>());
    }

    /// <summary>Uses an operator that classifiers do not use.</summary>
    private sealed class Sorting : Network
    {
        private readonly Retort.Torch.Modules.Linear _inner;

        public Sorting() => _inner = Add("inner", new Retort.Torch.Modules.Linear(3, 3));

        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) =>
            new(_inner.Forward(images.Mean([2, 3])).Cumsum(1), new Dictionary<string, Tensor>());
    }
}
