using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Graphs;

namespace Retort.Tests.Torch.Graphs;

public sealed class ConstantFoldingTests
{
    public static TheoryData<string, Func<Tensor, Tensor>, string[]> Networks => new()
    {
        { "constants alone", images => images.Mean([2, 3]) * Aten.Arange(3, DType.Float32).Mul_(0.5).Add_(1), ["aten::mean", "aten::mul"] },
        { "with a view", images => images.Mean([2, 3]) * Aten.Arange(3, DType.Float32).View([1, 3]).Mul_(0.5), ["aten::mean", "aten::mul"] },
        {
            "with what is computed", images => images.Mean([2, 3]) * Aten.Arange(3, DType.Float32).Mul_(images.Mean([0, 2, 3])),
            ["aten::mean", "aten::mean", "aten::clone", "aten::mul_", "aten::mul"]
        },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void What_an_operator_in_place_makes_of_a_constant_is_the_same_in_every_run(string name, Func<Tensor, Tensor> logits, string[] left)
    {
        Assert.NotEmpty(name);
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using var network = new FunctionNetwork(logits);
        using var runner = new GraphRunner(ConstantFolding.Fold(GraphTracer.Trace(network, new HashSet<string>(), 4, 4, Device.Cpu)));
        Assert.Equal(left.Order(StringComparer.Ordinal), runner.Graph.Nodes.Select(node => node.Operator.Name).Order(StringComparer.Ordinal));
        Tensor images = Aten.Randn([2, 3, 4, 4]), expected = network.Forward(images);
        for (int run = 0; run < 2; run++)
            TensorAssert.Close(expected, runner.Run(images)[0], 1e-6);
    }
}
