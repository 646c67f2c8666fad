using Retort.Torch;
using Retort.Torch.Distributed;

namespace Retort.Tests.Torch.Distributed;

public sealed class FlatGradientsTests
{
    [Fact]
    public void Gradients_of_any_memory_order_are_summed_and_those_that_nobody_has_stay_absent() => Ranks.Complete(2, group =>
    {
        using var scope = new TensorScope();
        Tensor dense = Parameter(Aten.Arange(6).View([2, 3])), last = Parameter(Aten.Arange(48).View([2, 3, 2, 4]).To(MemoryFormat.ChannelsLast));
        Tensor ofOne = Parameter(Aten.Ones([5])), unused = Parameter(Aten.Ones([7]));
        Tensor loss = (dense * dense).Sum() + (last * last).Sum();
        if (group.Rank == 1)
            loss += ofOne.Sum();
        loss.Backward();
        using var flat = new FlatGradients([dense, last, ofOne, unused], figures: 2);
        float[] figures = [group.Rank, 0.5f];
        flat.Sum(group, figures);

        Assert.Equal([1, 1], figures);
        Assert.Equal((dense * 4).ToArray<float>(), dense.Grad!.ToArray<float>());
        Assert.Equal((last * 4).ToArray<float>(), last.Grad!.ToArray<float>());
        Assert.Equal(last.Strides, last.Grad!.Strides);
        Assert.Equal([1, 1, 1, 1, 1], ofOne.Grad!.ToArray<float>());
        Assert.Null(unused.Grad);
        Assert.Equal(66, flat.Elements);
    });

    [Fact]
    public void A_second_step_does_not_see_the_first() => Ranks.Complete(2, group =>
    {
        using var scope = new TensorScope();
        Tensor parameter = Parameter(Aten.Ones([3]));
        using var flat = new FlatGradients([parameter], figures: 0);
        for (int step = 1; step <= 3; step++)
        {
            parameter.Grad = null;
            (parameter * step).Sum().Backward();
            flat.Sum(group, []);
            Assert.Equal([2f * step, 2f * step, 2f * step], parameter.Grad!.ToArray<float>());
        }
    });

    private static Tensor Parameter(Tensor tensor)
    {
        Tensor parameter = tensor.To(DType.Float32);
        parameter.RequiresGrad = true;
        return parameter;
    }
}
