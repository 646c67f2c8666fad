using Retort.Torch;

namespace Retort.Tests.Torch;

public class TensorScopeTests
{
    [Fact]
    public void A_scope_frees_what_was_made_in_it()
    {
        Tensor inside;
        using (new TensorScope())
        {
            inside = Aten.Zeros([2]);
            Assert.False((inside + 1).IsDisposed);
        }

        Assert.True(inside.IsDisposed);
        Assert.Null(TensorScope.Current);
    }

    [Fact]
    public void What_is_kept_goes_to_the_outer_scope_and_from_the_outermost_to_the_caller()
    {
        using var outer = new TensorScope();
        Tensor kept;
        using (var inner = new TensorScope())
        {
            kept = inner.Keep(Aten.Zeros([2]));
        }

        Assert.False(kept.IsDisposed);
        outer.Keep(kept);
        outer.Dispose();
        Assert.False(kept.IsDisposed);
        kept.Dispose();
    }

    [Fact]
    public void What_is_persisted_is_the_holders()
    {
        Tensor persisted;
        using (new TensorScope())
        using (new TensorScope())
            persisted = Aten.Zeros([2]).Persist();
        Assert.False(persisted.IsDisposed);
        persisted.Dispose();
    }

    [Fact]
    public void A_tensor_of_an_outer_scope_outlives_the_inner_one_and_keeping_it_there_changes_nothing()
    {
        using var outer = new TensorScope();
        Tensor tensor = Aten.Zeros([2]);
        using (var inner = new TensorScope())
            inner.Keep(tensor);
        Assert.False(tensor.IsDisposed);
        outer.Dispose();
        Assert.True(tensor.IsDisposed);
    }

    [Fact]
    public void Freeing_early_is_allowed_and_freeing_twice_does_nothing()
    {
        TensorAssert.LeavesNothing(() =>
        {
            using var scope = new TensorScope();
            Tensor tensor = Aten.Zeros([2]);
            tensor.Dispose();
            tensor.Dispose();
            scope.Dispose();
            scope.Dispose();
        });
    }

    [Fact]
    public void Scopes_end_in_the_reverse_order()
    {
        using var outer = new TensorScope();
        using (new TensorScope())
            Assert.Contains("reverse order", Assert.Throws<InvalidOperationException>(outer.Dispose).Message);
    }

    [Fact]
    public void A_scope_ends_on_its_own_thread()
    {
        using var scope = new TensorScope();
        int here = Environment.CurrentManagedThreadId, there = 0;
        Exception? error = null;
        var thread = new Thread(() =>
        {
            there = Environment.CurrentManagedThreadId;
            error = Record.Exception(scope.Dispose);
        });
        thread.Start();
        thread.Join();
        Assert.StartsWith(
            $"A TensorScope of thread {here} was disposed on thread {there}", Assert.IsType<InvalidOperationException>(error).Message);
    }

    [Fact]
    public void Scopes_do_not_reach_other_threads()
    {
        using var scope = new TensorScope();
        Tensor? made = null;
        var thread = new Thread(() => made = Aten.Zeros([2]));
        thread.Start();
        thread.Join();
        scope.Dispose();
        Assert.False(made!.IsDisposed);
        made.Dispose();
    }

    [Fact]
    public void Use_after_the_scope_names_the_cause_and_the_remedy()
    {
        Tensor tensor;
        using (new TensorScope())
            tensor = Aten.Zeros([2]);
        var error = Assert.Throws<ObjectDisposedException>(() => tensor + 1);
        Assert.Contains("freed, by Dispose or by the end of its TensorScope", error.Message);
        Assert.Contains("scope.Keep or Persist", error.Message);
        Assert.Throws<ObjectDisposedException>(() => tensor.Shape);
        using Tensor other = Aten.Zeros([2]);
        Assert.Throws<ObjectDisposedException>(() => Aten.Cat([other, tensor]));
    }

    [Fact]
    public void Views_and_shares_keep_the_memory()
    {
        Tensor tensor = Tensor.From([1f, 2, 3]);
        using Tensor view = tensor[1..], same = tensor.Share();
        Assert.True(same.Is(tensor));
        tensor.Dispose();
        Assert.Equal([2f, 3], view.ToArray<float>());
        Assert.Equal([1f, 2, 3], same.ToArray<float>());
    }
}
