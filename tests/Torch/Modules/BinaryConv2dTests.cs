using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

public sealed class BinaryConv2dTests
{
    [Fact]
    public void Signs_pass_gradients_straight_through_within_one_of_zero()
    {
        using var scope = new TensorScope();
        Tensor x = Tensor.From<float>([-1.5f, -1, -0.3f, 0, 0.3f, 1, 1.5f], [7]), gradient = Tensor.From<float>([1, 2, 3, 4, 5, 6, 7], [7]);
        x.RequiresGrad = true;
        Tensor signs = new Sign().Forward(x);
        Assert.Equal([-1, -1, -1, 0, 1, 1, 1], signs.ToArray<float>());
        Assert.Equal([0, 2, 3, 4, 5, 6, 0], Gradients.Of([(signs * gradient).Sum()], [x])[0]!.ToArray<float>());
        using var noGrad = GradMode.Disable();
        Assert.Equal(signs.ToArray<float>(), new Sign().Forward(x).ToArray<float>());
    }

    [Fact]
    public void It_convolves_with_the_signs_of_its_weights_which_learn()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using var layer = new BinaryConv2d(4, 6, kernelSize: 3, stride: 2, padding: 1);
        using (GradMode.Disable())
            layer.Weight.Mul_(4);
        layer.Weight.RequiresGrad = true;
        Tensor input = Aten.Randn([2, 4, 9, 9]).Sign(), before = layer.Weight.Detach().Clone();
        Assert.True(before.Abs().Max().ToDouble() > 1);

        layer.Eval();
        TensorAssert.Same(Aten.Conv2d(input, before.Sign(), null, [2, 2], [1, 1], [1, 1], 1), layer.Forward(input));
        TensorAssert.Same(before, layer.Weight);

        layer.Train();
        Tensor first = layer.Forward(input), second = layer.Forward(input); // of which the second must not spoil what the first's gradient needs
        TensorAssert.Same(before.Clamp(-1, 1), layer.Weight);
        TensorAssert.Same(first, second);
        Tensor weights = before.Sign().Detach();
        weights.RequiresGrad = true;
        Tensor expected = Gradients.Of([Aten.Conv2d(input, weights, null, [2, 2], [1, 1], [1, 1], 1).Square().Sum()], [weights])[0]!;
        TensorAssert.Close(expected, Gradients.Of([first.Square().Sum()], [layer.Weight])[0]!, 1e-4);
        Assert.True((expected * before.Abs().Gt(1)).Abs().Max().ToDouble() > 0); // those at the bounds learn too
    }

    [Fact]
    public void It_leaves_no_tensor_behind() => TensorAssert.LeavesNothing(() =>
    {
        using var layer = new BinaryConv2d(3, 3, kernelSize: 1);
        using Tensor input = Aten.Randn([1, 3, 2, 2]), output = layer.Forward(input), sum = output.Sum();
        sum.Backward();
        layer.Weight.Grad!.Dispose();
    });
}
