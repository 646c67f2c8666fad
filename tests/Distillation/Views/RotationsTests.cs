using Retort.Distillation.Views;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Views;

public class RotationsTests
{
    [Fact]
    public void Images_turn_counter_clockwise()
    {
        using var scope = new TensorScope();
        Tensor image = Tensor.From<long>([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        Assert.Equal([3, 6, 9, 2, 5, 8, 1, 4, 7], Values(Rotations.Quarter(image)));
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1], Values(Rotations.Half(image)));
        Assert.Equal([7, 4, 1, 8, 5, 2, 9, 6, 3], Values(Rotations.ThreeQuarters(image)));
    }

    [Fact]
    public void All_are_the_multiples_of_a_quarter_in_order_and_keep_samples_and_channels_apart()
    {
        using var scope = new TensorScope();
        Tensor turned = Aten.Randn([2, 3, 4, 4]);
        Tensor images = turned;
        Assert.Equal(3, Rotations.All.Count);
        foreach (ImageView view in Rotations.All)
        {
            turned = Rotations.Quarter(turned);
            TensorAssert.Same(turned.Contiguous(), view(images).Contiguous());
            TensorAssert.Same(turned.Select(0, 1).Select(0, 2).Contiguous(), view(images.Narrow(0, 1, 1).Narrow(1, 2, 1)).Reshape([4, 4]));
        }
    }

    private static long[] Values(Tensor image) => image.Contiguous().ToArray<long>();
}
