using Retort.Distillation.Contrast;
using Retort.Tests.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Contrast;

public sealed class EagerGradientTests
{
    [Fact]
    public void Value_and_gradient_are_those_of_the_function()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 3, 4);
        Assert.Equal(x.Exp().Sum().ToDouble() * 3, Tripled(x).ToDouble(), 1e-12);
        MethodBench.CheckGradient(Tripled, x);

        static Tensor Tripled(Tensor x) => new EagerGradient(e => e.Exp().Sum()).Apply(x) * 3;
    }

    [Fact]
    public void What_the_function_read_may_change_before_the_backward_pass()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 4), weights = MethodBench.Random(2, 4), before = weights.Clone();
        x.RequiresGrad = true;
        Tensor value = new EagerGradient(e => (e * weights).Sum()).Apply(x);
        weights.Fill_(0);
        value.Backward();
        TensorAssert.Same(before, x.Grad!, "gradient");
    }

    [Fact]
    public void What_the_gradient_needed_is_freed_at_once()
    {
        using var scope = new TensorScope();
        Tensor x = MethodBench.Random(1, 4);
        x.RequiresGrad = true;
        long before = Collector.LiveTensors();
        Tensor value = new EagerGradient(e => e.Exp().Sin().Sum()).Apply(x);
        Assert.Equal(before + 2, TorchRuntime.LiveTensors); // the value and the gradient
        value.Backward();
    }
}
