using Retort.Torch;

namespace Retort.Tests.Torch;

public class TorchExceptionTests
{
    [Fact]
    public void An_error_names_the_operator_its_arguments_and_the_reason()
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<TorchException>(() => Aten.Conv2d(Aten.Zeros([2, 3, 8, 8]), Aten.Zeros([4, 5, 3, 3])));
        Assert.StartsWith("aten::conv2d", error.Message);
        Assert.Contains("[2, 3, 8, 8]", error.Message);
        Assert.Contains("[4, 5, 3, 3]", error.Message);
        Assert.Contains("expected input[2, 3, 8, 8] to have 5 channels, but got 3 channels instead", error.Message);
        Assert.DoesNotContain("Exception raised from", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
    }

    [Fact]
    public void Types_are_named_too()
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<TorchException>(() => Aten.Zeros([2, 2]).Mm(Aten.Zeros([2, 2], DType.Int64)));
        Assert.Matches("(?i)float", error.Message);
        Assert.Matches("(?i)long|int64", error.Message);
    }

    [Fact]
    public void Kinds_are_told_apart()
    {
        using var scope = new TensorScope();
        Tensor x = Aten.Zeros([2, 2]);
        Assert.Equal(TorchErrorKind.Index, Kind(() => x.Select(0, 5)));
        Assert.Equal(TorchErrorKind.Index, Kind(() => x.Sum([7])));
        Assert.Equal(TorchErrorKind.Other, Kind(() => x.Mm(Aten.Zeros([3, 3]))));
        Assert.Equal(TorchErrorKind.OutOfMemory, Kind(() => Aten.Empty([1L << 45])));
        Assert.Equal(TorchErrorKind.Other, Kind(() => x.View([3])));
    }

    [Fact]
    public void An_error_leaves_nothing_and_the_next_call_works()
    {
        using Tensor x = Aten.Zeros([2, 2]), y = Aten.Zeros([3, 3]);
        TensorAssert.LeavesNothing(() =>
        {
            Assert.Throws<TorchException>(() => x.Mm(y));
            x.Mm(x).Dispose();
        });
    }

    [Fact]
    public void Backward_errors_are_reported()
    {
        using var scope = new TensorScope();
        Tensor x = Aten.Ones([2]);
        Assert.Contains("does not require grad", Assert.Throws<TorchException>(() => x.Sum().Backward()).Message);
        x.RequiresGrad = true;
        Assert.Contains("scalar", Assert.Throws<TorchException>(() => (x * 2).Backward()).Message);
        Tensor loss = (x * x).Sum();
        loss.Backward();
        Assert.Contains("second time", Assert.Throws<TorchException>(() => loss.Backward()).Message);
        Assert.Throws<ArgumentException>(() => Gradients.Backward([loss], []));
    }

    [Fact]
    public void An_operator_that_does_not_exist_is_named()
    {
        var error = Assert.Throws<TorchException>(() => new Operator("aten::nonsense", "out").Handle);
        Assert.Contains("aten::nonsense", error.Message);
    }

    private static TorchErrorKind Kind(Func<Tensor> call) => Assert.Throws<TorchException>(call).Kind;
}
