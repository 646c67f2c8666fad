using Retort.Torch;

namespace Retort.Tests.Torch.Autograd;

public class GradientTests
{
    [Fact]
    public void Gradients_accumulate_until_they_are_cleared()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(3);
        (x * x).Sum().Backward();
        (x * x).Sum().Backward();
        Assert.Equal([12f], x.Grad!.ToArray<float>());
        x.Grad = null;
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Gradients_can_be_asked_for_without_accumulating_also_of_second_order()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(3);
        Tensor first = Gradients.Of([x * x * x], [x], createGraph: true)[0]!;
        Tensor second = Gradients.Of([first], [x])[0]!;
        Assert.Equal((27f, 18f), (first.Item<float>(), second.Item<float>()));
        Assert.Null(x.Grad);
        Assert.Throws<TorchException>(() => Gradients.Of([x * 2], [Leaf(1)]));
    }

    [Fact]
    public void Outputs_may_be_weighted_and_inputs_named()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(1, 2), y = Leaf(3, 4);
        Gradients.Backward([x * y, x.Sum()], [Tensor.From([10f, 100]), null], inputs: [x]);
        Assert.Equal([31f, 401], x.Grad!.ToArray<float>());
        Assert.Null(y.Grad);
    }

    [Fact]
    public void Grad_mode_nests_and_restores()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(1);
        Assert.True(GradMode.IsEnabled);
        using (GradMode.Disable())
        {
            Assert.False((x * 2).RequiresGrad);
            using (GradMode.Enable())
                Assert.True((x * 2).RequiresGrad);
            Assert.False(GradMode.IsEnabled);
        }

        Assert.True(GradMode.IsEnabled);
        Assert.Throws<InvalidDataException>(ThrowInside);
        Assert.True(GradMode.IsEnabled);
    }

    [Fact]
    public void Grad_mode_belongs_to_its_thread()
    {
        using var noGrad = GradMode.Disable();
        bool enabled = false;
        var thread = new Thread(() => enabled = GradMode.IsEnabled);
        thread.Start();
        thread.Join();
        Assert.True(enabled);
    }

    [Fact]
    public void Autocast_shortens_products_and_restores()
    {
        using var scope = new TensorScope();
        Tensor a = Leaf(1, 2).View([1, 2]), b = Aten.Ones([2, 1]);
        using (Autocast.Enter(DType.BFloat16))
        {
            Assert.Equal(DType.BFloat16, a.Mm(b).DType);
            using (Autocast.Enter(DType.Float32))
                Assert.Equal(DType.Float32, a.Mm(b).DType);
            Assert.Equal(DType.BFloat16, a.Mm(b).DType);
        }

        Assert.Equal(DType.Float32, a.Mm(b).DType);
    }

    [Fact]
    public void Gradients_of_weights_stay_float32_under_autocast()
    {
        using var scope = new TensorScope();
        Tensor weight = Aten.Ones([3, 2]);
        weight.RequiresGrad = true;
        Tensor output;
        using (Autocast.Enter(DType.BFloat16))
            output = Aten.Linear(Aten.Ones([4, 2]), weight);
        output.To(DType.Float32).Sum().Backward();
        Assert.Equal(DType.Float32, weight.Grad!.DType);
        Assert.Equal(4f, weight.Grad![0, 0].Item<float>());
    }

    private static void ThrowInside()
    {
        using var noGrad = GradMode.Disable();
        throw new InvalidDataException();
    }

    private static Tensor Leaf(params float[] values)
    {
        Tensor tensor = Tensor.From(values);
        tensor.RequiresGrad = true;
        return tensor;
    }
}
