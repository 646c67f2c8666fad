using Retort.Torch;

namespace Retort.Tests.Torch;

public class TensorDisplayTests
{
    [Fact]
    public void A_tensor_is_shown_with_its_type_shape_device_and_values()
    {
        using var scope = new TensorScope();
        Assert.Equal("Float32[] on cpu: 2.5", Tensor.FromValue(2.5f).ToString());
        Assert.Equal("Int64[3] on cpu:\n[1, -2, 3]", Tensor.From([1L, -2, 3]).ToString());
        Assert.Equal(
            "Float32[2, 3] on cpu:\n[[1, 0.3333, -1],\n [0, 1000000, 2]]",
            Tensor.From<float>([1, 1 / 3f, -1, 0, 1e6f, 2], 2, 3).ToString());
        Assert.Equal("Bool[2] on cpu:\n[1, 0]", Tensor.From([true, false]).ToString());
        Assert.Equal("BFloat16[1] on cpu:\n[0.5]", Tensor.From([0.5f]).To(DType.BFloat16).ToString());
        Assert.Equal("Float32[0] on cpu:\n[]", Aten.Zeros([0]).ToString());
    }

    [Fact]
    public void A_large_tensor_is_shortened() => Assert.Equal(
        "Int64[2, 600] on cpu:\n[[0, 1, 2, ..., 597, 598, 599],\n [600, 601, 602, ..., 1197, 1198, 1199]]", Large());

    [Fact]
    public void What_is_not_a_number_is_shown() =>
        Assert.Equal("Float32[3] on cpu:\n[NaN, Infinity, -Infinity]", Show([float.NaN, float.PositiveInfinity, float.NegativeInfinity]));

    [Fact]
    public void A_freed_tensor_says_so()
    {
        Tensor tensor = Tensor.From([1f]);
        tensor.Dispose();
        Assert.Equal("a tensor that was freed", tensor.ToString());
    }

    [Fact]
    public void A_tensor_in_a_graph_is_shown_without_touching_the_graph()
    {
        using var scope = new TensorScope();
        Tensor x = Tensor.From([2f]);
        x.RequiresGrad = true;
        Tensor y = x * x;
        Assert.Equal("Float32[1] on cpu:\n[4]", y.ToString());
        y.Sum().Backward();
        Assert.Equal([4f], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Showing_leaves_nothing()
    {
        using Tensor x = Aten.Ones([3, 3]);
        TensorAssert.LeavesNothing(() => x.ToString());
    }

    private static string Large()
    {
        using var scope = new TensorScope();
        return Aten.Arange(1200).View([2, 600]).ToString();
    }

    private static string Show(float[] values)
    {
        using Tensor tensor = Tensor.From(values);
        return tensor.ToString();
    }
}
