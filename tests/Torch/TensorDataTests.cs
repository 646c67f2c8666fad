using Retort.Torch;

namespace Retort.Tests.Torch;

public class TensorDataTests : IDisposable
{
    private readonly TensorScope _scope = new();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Values_go_in_and_come_out_in_row_major_order()
    {
        Tensor x = Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3);
        Assert.Equal((DType.Float32, 2, 6L, Device.Cpu), (x.DType, x.Rank, x.Count, x.Device));
        Assert.Equal([2, 3], x.Shape);
        Assert.Equal([3, 1], x.Strides);
        Assert.Equal([1f, 4, 2, 5, 3, 6], x.T().ToArray<float>());
        Assert.False(x.T().IsContiguous);
    }

    [Fact]
    public void A_list_of_values_is_a_vector_and_no_shape_is_a_scalar()
    {
        Assert.Equal([3], Tensor.From([1L, 2, 3]).Shape);
        Assert.Equal([2], Tensor.From(new double[2]).Shape);
        Assert.Empty(Tensor.FromValue(2.5).Shape);
        Assert.Empty(Tensor.From([2.5f], []).Shape);
    }

    [Fact]
    public void Every_element_type_is_kept()
    {
        Assert.Equal((DType.UInt8, (byte)200), (Tensor.FromValue((byte)200).DType, Tensor.FromValue((byte)200).Item<byte>()));
        Assert.Equal((sbyte)-3, Tensor.FromValue((sbyte)-3).Item<sbyte>());
        Assert.Equal((short)-300, Tensor.FromValue((short)-300).Item<short>());
        Assert.Equal(int.MinValue, Tensor.FromValue(int.MinValue).Item<int>());
        Assert.Equal(long.MaxValue, Tensor.FromValue(long.MaxValue).Item<long>());
        Assert.Equal(1e300, Tensor.FromValue(1e300).Item<double>());
        Assert.Equal((Half)0.5, Tensor.FromValue((Half)0.5).Item<Half>());
        Assert.True(Tensor.FromValue(true).Item<bool>());
        Assert.Throws<ArgumentException>(() => Tensor.FromValue('x'));
    }

    [Fact]
    public void The_dense_span_is_the_memory_itself()
    {
        Tensor x = Aten.Zeros([2, 2]);
        x.DenseSpan<float>()[3] = 5;
        Assert.Equal([0f, 0, 0, 5], x.ToArray<float>());
    }

    [Fact]
    public void Channels_last_lies_in_NHWC_order_and_is_read_in_the_order_of_the_dimensions()
    {
        Tensor x = Aten.Arange(8, dtype: DType.Float32).View([1, 2, 2, 2]).To(MemoryFormat.ChannelsLast);
        Assert.True(x is { IsChannelsLast: true, IsContiguous: false });
        Assert.Equal([0f, 4, 1, 5, 2, 6, 3, 7], x.DenseSpan<float>().ToArray());
        Assert.Equal([0f, 1, 2, 3, 4, 5, 6, 7], x.ToArray<float>());
    }

    [Fact]
    public void A_span_of_a_view_with_gaps_or_of_another_type_is_refused()
    {
        Tensor x = Aten.Zeros([2, 3]);
        Assert.Contains("Contiguous()", Assert.Throws<InvalidOperationException>(() => x.T().DenseSpan<float>().Length).Message);
        Assert.Contains(
            "Float32[2, 3] on cpu does not hold Double", Assert.Throws<InvalidOperationException>(() => x.DenseSpan<double>().Length).Message);
    }

    [Fact]
    public void The_number_of_values_must_fill_the_shape()
    {
        var error = Assert.Throws<ArgumentException>(() => Tensor.From<float>([1, 2, 3], 2, 2));
        Assert.Contains("3 values do not fill the shape [2, 2]", error.Message);
        Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2], []));
        Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2], -1, -2));
    }

    [Fact]
    public void A_short_destination_is_refused() =>
        Assert.Throws<ArgumentException>(() => Aten.Zeros([4]).CopyTo<float>(new float[3]));

    [Fact]
    public void One_element_is_read_only_from_a_tensor_of_one()
    {
        Assert.Equal(3f, Tensor.From([3f], 1, 1).Item<float>());
        Assert.Equal(3, Tensor.FromValue(3L).ToDouble());
        Assert.Contains("has 2 elements, not one", Assert.Throws<InvalidOperationException>(() => Aten.Zeros([2]).Item<float>()).Message);
    }

    [Fact]
    public void Conversions_copy_only_where_something_changes()
    {
        Tensor x = Aten.Ones([2]);
        Assert.True(x.To(DType.Float32).Is(x));
        Assert.True(x.To(Device.Cpu).Is(x));
        Assert.False(x.To(DType.Int64).Is(x));
        Assert.Equal([1L, 1], x.To(DType.Int64).ToArray<long>());
    }

    [Fact]
    public void Arithmetic_is_written_with_operators()
    {
        Tensor a = Tensor.From([1f, 2]), b = Tensor.From([4f, 8]);
        Assert.Equal([5f, 10], (a + b).ToArray<float>());
        Assert.Equal([-3f, -6], (a - b).ToArray<float>());
        Assert.Equal([4f, 16], (a * b).ToArray<float>());
        Assert.Equal([4f, 4], (b / a).ToArray<float>());
        Assert.Equal([-1f, -2], (-a).ToArray<float>());
        Assert.Equal([3f, 4], (a + 2).ToArray<float>());
        Assert.Equal([3f, 4], (2 + a).ToArray<float>());
        Assert.Equal([-1f, 0], (a - 2).ToArray<float>());
        Assert.Equal([1f, 0], (2 - a).ToArray<float>());
        Assert.Equal([0.5f, 1], (a * 0.5).ToArray<float>());
        Assert.Equal([0.5f, 1], (0.5 * a).ToArray<float>());
        Assert.Equal([0.5f, 1], (a / 2).ToArray<float>());
        Assert.Equal([5f, 6, 9, 10], (a + b.View([2, 1])).ToArray<float>());
    }

    [Fact]
    public void The_type_of_a_number_decides_the_type_of_the_result()
    {
        Tensor whole = Tensor.From([1L]);
        Assert.Equal(DType.Int64, (whole + 1).DType);
        Assert.Equal(DType.Float32, (whole + 1.0).DType);
        Assert.Equal(DType.Float32, (whole / 2).DType);
    }

    [Fact]
    public void In_place_methods_give_the_same_tensor_back()
    {
        Tensor a = Tensor.From([1f]);
        Assert.Same(a, a.Add_(1).Mul_(3));
        Assert.Equal([6f], a.ToArray<float>());
    }

    [Fact]
    public void Operators_with_several_results_give_them_all()
    {
        (Tensor values, Tensor indices) = Tensor.From([3f, 9, 5]).Topk(2);
        Assert.Equal([9f, 5], values.ToArray<float>());
        Assert.Equal([1L, 2], indices.ToArray<long>());
        Assert.Equal([2, 1], Aten.Zeros([3]).Split(2).Select(t => (int)t.Count));
    }

    [Fact]
    public void A_result_that_does_not_exist_is_undefined()
    {
        Tensor x = Tensor.From([1f]);
        x.RequiresGrad = true;
        Tensor unused = Tensor.From([1f]);
        unused.RequiresGrad = true;
        Assert.Null(Gradients.Of([x * 2], [unused], [Aten.Ones([1])], allowUnused: true)[0]);
        Assert.Null(x.Grad);
    }

    [Fact]
    public void Generators_continue_where_they_were()
    {
        using var generator = new Generator(3);
        Tensor state = generator.GetState();
        float[] first = Aten.Empty([4]).Uniform_(generator: generator).ToArray<float>();
        float[] second = Aten.Empty([4]).Uniform_(generator: generator).ToArray<float>();
        generator.SetState(state);
        Assert.Equal(first, Aten.Empty([4]).Uniform_(generator: generator).ToArray<float>());
        Assert.NotEqual(first, second);
        TorchRuntime.Seed(3);
        Assert.Equal(first, Aten.Empty([4]).Uniform_().ToArray<float>());
        Assert.Throws<TorchException>(() => generator.SetState(Aten.Zeros([2])));
    }
}
