using Retort.Onnx;
using Retort.Onnx.Format;
using Retort.Onnx.Quantization;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Tests.Onnx.Quantization;

public sealed class QuantizedNetworkTests : IDisposable
{
    private const double Near = 0.04; // root mean square, as a part of the logits'; a deep network may round one activation another way, and go on from there

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OnnxFact]
    public void Each_kind_of_network_is_accepted_by_the_checker_and_does_in_ONNX_Runtime_what_the_simulation_does()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        string[] models = ["resnet8", "wrn_16_1", "vgg8", "MobileNetV2", "ShuffleV1", "ShuffleV2", "deit_tiny_patch4_32"];
        Tensor images = Aten.Randn([4, 3, 32, 32]);
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(float[] Exact, float[] Simulated)> expected = [];
        foreach (string model in models)
        {
            using Network network = Support.Networks.Trained(model);
            using QuantizedNetwork quantized = Quantized(network, images);
            jobs.Add((Export(quantized, model), images.ToArray<float>(), images.Shape));
            expected.Add((network.Forward(images).ToArray<float>(), quantized.Forward(images).ToArray<float>()));
        }

        OnnxRuntime.Check([.. jobs.Select(job => job.Model)]);
        float[][] given = OnnxRuntime.Run(_folder.Path, [.. jobs]);
        Assert.All(models.Index(), model =>
        {
            (float[] exact, float[] simulated) = expected[model.Index];
            Assert.True(Apart(exact, simulated) is > 1e-4 and < Near, $"{model.Item}: rounding {Apart(exact, simulated)}");
            Assert.True(Apart(simulated, given[model.Index]) < Near, $"{model.Item}: runtime {Apart(simulated, given[model.Index])}");
        });
    }

    [Fact]
    public void Every_operator_that_a_runtime_has_for_integers_reads_dequantised_numbers_and_is_quantised_again()
    {
        using var scope = new TensorScope();
        using Network network = Support.Networks.Trained("resnet8");
        using QuantizedNetwork quantized = Quantized(network, Aten.Randn([4, 3, 32, 32]));
        GraphProto graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Export(quantized, "structure"))).Graph;
        Dictionary<string, NodeProto> makers = graph.Node.ToDictionary(node => node.Output[0]);
        ILookup<string, string> readers = graph.Node.SelectMany(node => node.Input.Select(input => (input, node.OpType))).ToLookup(pair => pair.input, pair => pair.OpType);
        NodeProto[] integers = [.. graph.Node.Where(node => node.OpType is "Conv" or "Gemm" or "Add")];
        Assert.Equal(9 + 1 + 3, integers.Length);
        Assert.All(integers.SelectMany(node => node.Input), input => Assert.Equal("DequantizeLinear", makers[input].OpType));
        Assert.All(integers.Where(node => node.OpType != "Gemm"), node => Assert.Contains(readers[node.Output[0]].Single(), (string[])["Relu", "QuantizeLinear"]));
        Assert.All(graph.Node.Where(node => node.OpType == "Relu"), node => Assert.Equal(["QuantizeLinear"], readers[node.Output[0]]));
        Assert.Equal("Gemm", makers["logits"].OpType);
    }

    [Fact]
    public void A_channel_whose_weights_have_died_keeps_its_bias()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = Support.Networks.Trained("resnet8");
        Dictionary<string, Tensor> state = network.State().ToDictionary();
        state["conv1.weight"].Narrow(0, 0, 1).Mul_(1e-20);
        state["conv1.weight"].Narrow(0, 1, 1).Mul_(0);
        state["bn1.bias"].Narrow(0, 0, 2).Add_(Aten.Ones([2]));
        Tensor images = Aten.Randn([4, 3, 32, 32]);
        using QuantizedNetwork quantized = Quantized(network, images);
        Assert.InRange(Apart(network.Forward(images).ToArray<float>(), quantized.Forward(images).ToArray<float>()), 0, Near);
        Export(quantized, "dead");
    }

    [Fact]
    public void What_cannot_be_quantised_is_refused()
    {
        using var scope = new TensorScope();
        using Network network = Support.Networks.Trained("resnet8");
        Assert.Contains("no images", Assert.Throws<OnnxExportException>(() => QuantizedNetwork.Make(network, 32, 32, [], CalibrationMethod.Mse)).Message);
        using var none = new Mean();
        Assert.Contains("no convolution and no linear layer", Assert.Throws<OnnxExportException>(() => Quantized(none, Aten.Randn([2, 3, 32, 32]))).Message);
        using QuantizedNetwork quantized = Quantized(network, Aten.Randn([2, 3, 32, 32]));
        Assert.Contains(
            "choose one of the two", Assert.Throws<OnnxExportException>(() => OnnxExporter.Export(quantized, 32, 32, new() { Half = true }, Stream.Null)).Message);
    }

    [Fact]
    public void It_leaves_no_tensor_behind_also_when_it_fails() => TensorAssert.LeavesNothing(() =>
    {
        using Network network = Support.Networks.Trained("resnet8");
        using Tensor images = Aten.Randn([2, 3, 32, 32]);
        using (QuantizedNetwork quantized = Quantized(network, images))
        {
            OnnxExporter.Export(quantized, 32, 32, new(), Stream.Null);
            using Tensor logits = quantized.Forward(images);
        }

        Assert.Throws<OnnxExportException>(() => QuantizedNetwork.Make(network, 32, 32, [], CalibrationMethod.Mse));
    });

    private static QuantizedNetwork Quantized(Network network, Tensor images) => QuantizedNetwork.Make(network, 32, 32, [images], CalibrationMethod.MinMax);

    private string Export(QuantizedNetwork network, string name)
    {
        string path = Path.Combine(_folder.Path, $"{name}.onnx");
        using FileStream file = File.Create(path);
        OnnxExporter.Export(network, 32, 32, new(), file);
        return path;
    }

    private static double Apart(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum() / a.Sum(x => Math.Pow(x, 2)));

    /// <summary>Has no weights.</summary>
    private sealed class Mean : Network
    {
        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) => new(images.Mean([2, 3]), new Dictionary<string, Tensor>());
    }
}
