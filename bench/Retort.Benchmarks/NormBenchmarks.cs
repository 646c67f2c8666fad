using BenchmarkDotNet.Attributes;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Benchmarks;

/// <summary>A student's norm and the ReLU behind it in training, forward and backward, for 64 images: libtorch's two operators and the bridge's one.</summary>
public class NormBenchmarks
{
    private const int Batch = 64;

    private BatchNorm2d? _norm;
    private Tensor? _images, _sent;

    /// <summary>Channels, and height and width.</summary>
    [Params("16 32", "32 16", "64 8", "256 8")]
    public string Map { get; set; } = "";

    /// <summary>What the features are in.</summary>
    [Params(DType.Float32, DType.BFloat16)]
    public DType Type { get; set; }

    /// <summary>Makes norm and features.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.Threads = 1;
        TorchRuntime.Seed(0);
        long[] sizes = [.. Map.Split(' ').Select(length => long.Parse(length, System.Globalization.CultureInfo.InvariantCulture))];
        Tensor Random()
        {
            using var scope = new TensorScope();
            return Aten.Randn([Batch, sizes[0], sizes[1], sizes[1]]).To(MemoryFormat.ChannelsLast).To(Type).Persist();
        }

        (_images, _sent) = (Random(), Random());
        _images.RequiresGrad = true;
        _norm = new BatchNorm2d((int)sizes[0]);
        _norm.Train();
    }

    /// <summary>libtorch's.</summary>
    [Benchmark(Baseline = true)]
    public void Two() => Step(Aten.BatchNorm(
        _images!, _norm!.Weight, _norm.Bias, _norm.RunningMean, _norm.RunningVariance, true, 0.1, 1e-5, cudnnEnabled: true).Relu_());

    /// <summary>The bridge's, where it has one.</summary>
    [Benchmark]
    public void One() => Step(_norm!.Rectified(_images!));

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable? made in (IDisposable?[])[_norm, _images, _sent])
            made?.Dispose();
    }

    private void Step(Tensor result)
    {
        using (result)
        using (Tensor product = result * _sent!)
        using (Tensor sum = product.Sum())
            sum.Backward();
    }
}
