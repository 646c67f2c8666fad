using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Modules;
using Retort.Torch.Native;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Torch.Graphs;

public sealed class ConvolutionFusionTests
{
    private const string Fused = "retort::fused_conv2d";

    [OneDnnFact]
    public void A_residual_network_is_convolutions_alone()
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        using Graph graph = Fuse(network);
        Assert.Equal(network.NamedModules().Count(module => module.Value is Conv2d), graph.Nodes.Count(node => node.Operator.Name == Fused));
        Assert.DoesNotContain(graph.Nodes, node => node.Operator.Name is "aten::conv2d" or "aten::batch_norm" or "aten::relu" or "aten::relu_" or "aten::add_" or "aten::add");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_somebody_else_reads_stays(bool inPlace)
    {
        using var network = new Shared(inPlace);
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        Tensor images = Aten.Randn([3, 3, 8, 8]);
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string> { "stem" }, 8, 8, Device.Cpu, DType.Float32);
        NetworkOutput expected = network.Forward(images, new HashSet<string> { "stem" }), actual = fast.Forward(images);
        TensorAssert.Close(expected.Logits, actual.Logits, 1e-5);
        TensorAssert.Close(expected["stem"], actual["stem"], 1e-5);
    }

    // A division by zero would end the process.
    [OneDnnTheory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    public unsafe void What_the_operator_divides_by_is_checked(int groups, int stride, int dilation)
    {
        using var scope = new TensorScope();
        Tensor images = Aten.Zeros([1, 3, 4, 4]), weight = Aten.Zeros([2, 3, 3, 3]), bias = Aten.Zeros([2]);
        long* strides = stackalloc long[2] { stride, stride }, paddings = stackalloc long[2] { 0, 0 }, dilations = stackalloc long[2] { dilation, dilation };
        BridgeValue[] arguments =
        [
            BridgeValue.Of(images), BridgeValue.Of(weight), BridgeValue.Of(bias), default, BridgeValue.List(BridgeTag.IntList, strides, 2),
            BridgeValue.List(BridgeTag.IntList, paddings, 2), BridgeValue.List(BridgeTag.IntList, dilations, 2), BridgeValue.Of(groups), BridgeValue.Of(false),
        ];
        TorchException fault = Assert.Throws<TorchException>(() =>
        {
            BridgeValue result;
            fixed (BridgeValue* first = arguments)
                new Operator(Fused, "").Call(first, arguments.Length, &result, 1);
        });
        Assert.Contains("fused_conv2d: ", fault.Message);
    }

    [Theory]
    [InlineData]
    [InlineData(2L)]
    [InlineData(2L, 1L)]
    public void Numbers_that_are_left_out_or_stand_for_both_directions_are_what_the_network_takes_them_for(params long[] stride)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using var network = new FunctionNetwork(
            images => Aten.Conv2d(images, Tensor.From<float>([1, 2, 1, 0, 1, 0, 2, 1, 2], 3, 3, 1, 1), stride: stride).Relu().Mean([2, 3]));
        using InferenceNetwork fast = InferenceNetwork.Make(network, new HashSet<string>(), 8, 8, Device.Cpu, DType.Float32);
        Tensor images = Aten.Randn([2, 3, 8, 8]);
        TensorAssert.Close(network.Forward(images), fast.Forward(images).Logits, 1e-5);
    }

    private static Graph Fuse(Network network) =>
        ConvolutionFusion.Fuse(BatchNormFolding.Fold(GraphTracer.Trace(network, new HashSet<string>(), 32, 32, Device.Cpu)), DType.Float32);

    /// <summary>A convolution is tapped, rectified, and added to another whose input has changed by then.</summary>
    private sealed class Shared : Network
    {
        private readonly Conv2d _first, _second;
        private readonly bool _inPlace;

        public Shared(bool inPlace)
        {
            (_first, _second) = (Add("first", new Conv2d(3, 4, 3)), Add("second", new Conv2d(4, 4, 1)));
            _inPlace = inPlace;
        }

        public override int Classes => 4;

        public override IReadOnlyList<string> TapNames => ["stem"];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
        {
            Tensor stem = _first.Forward(images), other = stem * 2, second = _second.Forward(other);
            Tensor rectified = _inPlace ? other.Neg_() : other.Neg();
            Tensor sum = second + rectified;
            return new NetworkOutput((sum.Relu() + stem).Mean([2, 3]), new Dictionary<string, Tensor> { ["stem"] = stem });
        }
    }
}

/// <summary>A test of the bridge's fused convolutions; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OneDnnFactAttribute : FactAttribute
{
    /// <summary>Why there are none; null: there are.</summary>
    public static string? Missing { get; } =
        ConvolutionFusion.IsAvailable(Device.Cpu, DType.Float32) ? null : "needs a bridge that was built with oneDNN (Debian's package libdnnl-dev)";

    public OneDnnFactAttribute() => Skip = Missing;
}

/// <summary>The same, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OneDnnTheoryAttribute : TheoryAttribute
{
    public OneDnnTheoryAttribute() => Skip = OneDnnFactAttribute.Missing;
}
