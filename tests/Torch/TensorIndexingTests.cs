using Retort.Torch;

namespace Retort.Tests.Torch;

public class TensorIndexingTests : IDisposable
{
    private readonly TensorScope _scope = new();
    private readonly Tensor _x = Aten.Arange(24).View([2, 3, 4]); // x[i, j, k] = 12 i + 4 j + k

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Numbers_select_and_negative_ones_count_from_the_end()
    {
        Assert.Equal(17, _x[1, 1, 1].Item<long>());
        Assert.Equal(23, _x[-1, -1, -1].Item<long>());
        Assert.Equal(22, _x[^1, ^1, ^2].Item<long>());
        Assert.Equal([3, 4], _x[1].Shape);
    }

    [Fact]
    public void Ranges_give_views()
    {
        Tensor part = _x[.., 1..3, ..^1];
        Assert.Equal([2, 2, 3], part.Shape);
        Assert.Equal([4L, 5, 6, 8, 9, 10, 16, 17, 18, 20, 21, 22], part.ToArray<long>());
        part.Zero_();
        Assert.Equal(0, _x[1, 2, 2].Item<long>());
        Assert.Equal([10L, 11], Aten.Arange(12)[^2..].ToArray<long>());
        Assert.Equal(0, _x[2..].Count);
    }

    [Fact]
    public void Ellipsis_and_new_axes_stand_for_dimensions()
    {
        Assert.Equal([3L, 7, 11, 15, 19, 23], _x[TensorIndex.Ellipsis, 3].ToArray<long>());
        Assert.Equal([2, 3], _x[TensorIndex.Ellipsis, 3].Shape);
        Assert.Equal([4], _x[0, TensorIndex.Ellipsis, 1, TensorIndex.All].Shape);
        Assert.Equal([2, 1, 3, 4], _x[TensorIndex.All, TensorIndex.NewAxis].Shape);
        Assert.Equal([2, 3, 1, 4], _x[TensorIndex.Ellipsis, TensorIndex.NewAxis, TensorIndex.All].Shape);
        Assert.Equal([2, 3, 4, 1], _x[TensorIndex.Ellipsis, TensorIndex.NewAxis].Shape);
    }

    [Fact]
    public void Tensors_of_indices_gather_copies()
    {
        Tensor rows = Tensor.From([2L, 0, 2]);
        Tensor picked = _x[TensorIndex.All, rows];
        Assert.Equal([2, 3, 4], picked.Shape);
        Assert.Equal([8L, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11], picked[0].ToArray<long>());
        Assert.Equal([1L, 11], _x[0, Tensor.From([0L, 2]), Tensor.From([1L, 3])].ToArray<long>());
        picked.Zero_();
        Assert.Equal(276, _x.Sum().Item<long>());
    }

    [Fact]
    public void Masks_pick_where_they_are_true()
    {
        Assert.Equal([22L, 23], _x[_x.Ge(22)].ToArray<long>());
        Assert.Equal([12L, 13, 14, 15], _x[Tensor.From([false, true]), 0].ToArray<long>());
        Tensor corner = _x[TensorIndex.Ellipsis, 0].Ge(16); // [2, 3]
        Assert.Equal([2, 4], _x[corner, TensorIndex.Ellipsis].Shape);
        Assert.Equal([18L, 22], _x[corner, 2].ToArray<long>());
        Assert.Equal([18L, 23], _x[corner, TensorIndex.Ellipsis, Tensor.From([2L, 3])].ToArray<long>());
    }

    [Fact]
    public void Assignment_overwrites_the_part()
    {
        _x[0] = Tensor.FromValue(7L);
        Assert.Equal(84 + 210, _x.Sum().Item<long>());
        _x[1, 1..3, 0] = Tensor.From([100L, 200]);
        Assert.Equal([12L, 100, 200], _x[1, .., 0].ToArray<long>());
        _x[TensorIndex.All, Tensor.From([0L, 1])] = Tensor.FromValue(-1L);
        Assert.Equal([-1L, -1, -1, -1], _x[1, 1].ToArray<long>());
        _x[_x.Lt(0)] = Tensor.FromValue(0L);
        Assert.Equal([0L, 0, 0, 0], _x[1, 1].ToArray<long>());
    }

    [Fact]
    public void Parts_have_gradients()
    {
        Tensor weight = Aten.Ones([3, 2]);
        weight.RequiresGrad = true;
        (weight[1].Sum() + (weight[Tensor.From([2L, 2])].Sum() * 3)).Backward();
        Assert.Equal([0f, 0, 1, 1, 6, 6], weight.Grad!.ToArray<float>());
    }

    [Fact]
    public void What_is_out_of_range_is_an_index_error_and_leaves_nothing()
    {
        TensorAssert.LeavesNothing(() =>
        {
            Assert.Equal(TorchErrorKind.Index, Assert.Throws<TorchException>(() => _x[2]).Kind);
            Assert.Equal(TorchErrorKind.Index, Assert.Throws<TorchException>(() => _x[0, 0, 0, 0]).Kind);
        });
    }

    [Fact]
    public void Indexing_makes_one_tensor()
    {
        Tensor rows = Tensor.From([0L]);
        TensorAssert.LeavesNothing(() => _x[1, .., TensorIndex.NewAxis, 2].Dispose());
        TensorAssert.LeavesNothing(() => _x[.., rows].Dispose());
    }
}
