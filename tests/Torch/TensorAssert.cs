using Retort.Torch;

namespace Retort.Tests.Torch;

internal static class TensorAssert
{
    /// <summary>Same shape and type; every element within tolerance · max(1, |expected|).</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance = 1e-6, string what = "")
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Assert.Equal((what, expected.DType, string.Join(", ", expected.Shape)), (what, actual.DType, string.Join(", ", actual.Shape)));
        double[] e = expected.Detach().To(DType.Float64).ToArray<double>(), a = actual.Detach().To(DType.Float64).ToArray<double>();
        for (int i = 0; i < e.Length; i++)
        {
            if (!(Math.Abs(e[i] - a[i]) <= tolerance * Math.Max(1, Math.Abs(e[i]))))
                Assert.Fail($"{what} element {i} is {a[i]:R}, expected {e[i]:R}\n{actual}");
        }
    }

    /// <summary>Same shape, type and bits.</summary>
    public static void Same(Tensor expected, Tensor actual, string what = "")
    {
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.Equal(expected.DType, actual.DType);
        Assert.True(expected.Equal(actual), what);
    }

    /// <summary>Runs something that must leave no tensor behind.</summary>
    public static void LeavesNothing(Action action)
    {
        action(); // operators that are looked up and constants that are made once do not count
        long before = Collector.LiveTensors(); // nor do tensors that another test left to the finaliser
        action();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }
}
