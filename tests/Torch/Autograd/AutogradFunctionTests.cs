using System.Runtime.CompilerServices;
using Retort.Torch;

namespace Retort.Tests.Torch.Autograd;

public class AutogradFunctionTests
{
    [Fact]
    public void The_gradient_is_the_one_that_C_sharp_computes()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(1, 2, 3), y = Leaf(4, 5, 6);
        Tensor product = new Product().Apply(x, y);
        Assert.True(product.RequiresGrad);
        Assert.False(product.IsLeaf);
        (product * product).Sum().Backward();
        Tensor gx = x.Grad!, gy = y.Grad!;
        x.Grad = y.Grad = null;
        Tensor native = x * y;
        (native * native).Sum().Backward();
        TensorAssert.Same(x.Grad!, gx);
        TensorAssert.Same(y.Grad!, gy);
    }

    [Fact]
    public void An_input_without_gradient_gets_none_and_null_means_none()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(1, 2), constant = Tensor.From([3f, 4]);
        new Product().Apply(x, constant).Sum().Backward();
        Assert.Equal([3f, 4], x.Grad!.ToArray<float>());
        Assert.Null(constant.Grad);
        Tensor y = Leaf(1, 2);
        new Custom((_, _) => [null]).Apply(y).Sum().Backward();
        Assert.Null(y.Grad);
    }

    [Fact]
    public void A_result_may_be_saved()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(0, 1);
        Tensor y = new Exponential().Apply(x);
        y.Sum().Backward();
        TensorAssert.Close(y, x.Grad!);
    }

    [Fact]
    public void Expanded_gradients_arrive_as_they_are()
    {
        using var scope = new TensorScope();
        long[] strides = [];
        new Custom((_, gradient) =>
        {
            strides = gradient.Strides;
            return [gradient * 2];
        }).Apply(Leaf(1, 2, 3)).Sum().Backward();
        Assert.Equal([0], strides);
    }

    [Fact]
    public void What_the_callback_throws_surfaces_at_backward_with_the_original()
    {
        using var scope = new TensorScope();
        var original = new InvalidDataException("the reason");
        Tensor x = Leaf(1);
        Tensor y = new Custom((_, _) => throw original).Apply(x);
        var error = Assert.Throws<TorchException>(() => y.Sum().Backward());
        Assert.Equal(TorchErrorKind.Callback, error.Kind);
        Assert.Same(original, error.InnerException);
        Assert.Contains("the reason", error.Message);

        // Later passes work.
        (x * 2).Sum().Backward();
        Assert.Equal([2f], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void A_native_error_inside_the_callback_surfaces_too()
    {
        using var scope = new TensorScope();
        Tensor y = new Custom((_, gradient) => [gradient.View([7])]).Apply(Leaf(1));
        var error = Assert.Throws<TorchException>(() => y.Sum().Backward());
        Assert.Contains("aten::view", Assert.IsType<TorchException>(error.InnerException).Message);
    }

    [Fact]
    public void A_wrong_number_of_gradients_is_refused()
    {
        using var scope = new TensorScope();
        Tensor y = new Custom((_, g) => [g, g]).Apply(Leaf(1));
        var error = Assert.Throws<TorchException>(() => y.Sum().Backward());
        Assert.Equal("Custom.Backward gave 2 gradients for 1 inputs.", error.InnerException!.Message);
    }

    [Fact]
    public void A_gradient_of_the_wrong_shape_is_refused()
    {
        using var scope = new TensorScope();
        Tensor y = new Custom((_, _) => [Aten.Ones([5])]).Apply(Leaf(1, 2));
        Assert.Contains("invalid gradient", Assert.Throws<TorchException>(() => y.Sum().Backward()).Message);
    }

    [Fact]
    public void A_second_pass_without_retaining_is_an_error_and_with_it_works()
    {
        using var scope = new TensorScope();
        Tensor x = Leaf(1, 2), y = Leaf(3, 4);
        Tensor sum = new Product().Apply(x, y).Sum();
        sum.Backward(retainGraph: true);
        sum.Backward();
        Assert.Equal([6f, 8], x.Grad!.ToArray<float>());
        Assert.Throws<TorchException>(() => sum.Backward());
    }

    [Fact]
    public void Nothing_is_recorded_where_no_gradient_is_wanted()
    {
        using var scope = new TensorScope();
        Assert.False(new Product().Apply(Tensor.From([1f]), Tensor.From([1f])).RequiresGrad);
        using (GradMode.Disable())
            Assert.False(new Product().Apply(Leaf(1), Leaf(2)).RequiresGrad);
    }

    [Fact]
    public void The_function_is_released_with_its_graph()
    {
        WeakReference reference = ApplyAndDrop();
        Collector.Run();
        Assert.False(reference.IsAlive);
    }

    [Fact]
    public void Tensors_of_function_and_graph_are_freed()
    {
        TensorAssert.LeavesNothing(() =>
        {
            using var scope = new TensorScope();
            Tensor x = Leaf(1, 2);
            new Product().Apply(x, x).Sum().Backward();
        });
        TensorAssert.LeavesNothing(() =>
        {
            using var scope = new TensorScope();
            Assert.Throws<TorchException>(() => new Custom((_, g) => throw new InvalidDataException()).Apply(Leaf(1)).Sum().Backward());
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ApplyAndDrop()
    {
        using var scope = new TensorScope();
        var function = new Product();
        Tensor x = Leaf(1, 2);
        function.Apply(x, x).Sum().Backward();
        return new WeakReference(function);
    }

    private static Tensor Leaf(params float[] values)
    {
        Tensor tensor = Tensor.From(values);
        tensor.RequiresGrad = true;
        return tensor;
    }

    private sealed class Product : AutogradFunction
    {
        protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
        {
            Save(inputs[0], inputs[1]);
            return inputs[0] * inputs[1];
        }

        protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) =>
            [outputGradient * saved[1], outputGradient * saved[0]];
    }

    private sealed class Exponential : AutogradFunction
    {
        protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
        {
            Tensor result = inputs[0].Exp();
            Save(result);
            return result;
        }

        protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) =>
            [outputGradient * saved[0]];
    }

    private sealed class Custom(Func<IReadOnlyList<Tensor>, Tensor, IReadOnlyList<Tensor?>> backward) : AutogradFunction
    {
        protected override Tensor Forward(IReadOnlyList<Tensor> inputs) => inputs[0] * 2;

        protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient) => backward(saved, outputGradient);
    }
}
