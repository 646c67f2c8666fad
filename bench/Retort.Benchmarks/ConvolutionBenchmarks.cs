using BenchmarkDotNet.Attributes;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Benchmarks;

/// <summary>A convolution of 3 x 3 in training, forward and backward, for 64 images in float32: libtorch's, and the bridge's by Winograd's way.</summary>
public class ConvolutionBenchmarks
{
    private const int Batch = 64;

    private Conv2d? _layer;
    private Tensor? _images, _imagesLast, _sent, _sentLast;

    /// <summary>Channels, and height and width.</summary>
    [Params("16 32", "32 16", "64 8", "64 32", "128 16", "256 8")]
    public string Map { get; set; } = "";

    /// <summary>Makes layer and features.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.Threads = Environment.ProcessorCount;
        TorchRuntime.Seed(0);
        int[] sizes = [.. Map.Split(' ').Select(length => int.Parse(length, System.Globalization.CultureInfo.InvariantCulture))];
        Tensor Random() => Aten.Randn([Batch, sizes[0], sizes[1], sizes[1]]).Persist();
        (_images, _sent) = (Random(), Random());
        (_imagesLast, _sentLast) = (_images.To(MemoryFormat.ChannelsLast).Persist(), _sent.To(MemoryFormat.ChannelsLast).Persist());
        _images.RequiresGrad = _imagesLast.RequiresGrad = true;
        _layer = new Conv2d(sizes[0], sizes[0], kernelSize: 3, padding: 1, bias: false);
    }

    /// <summary>libtorch's, rows of channels one after another, as it likes best.</summary>
    [Benchmark(Baseline = true)]
    public void Direct() => Step(_images!, _sent!, images => Aten.Conv2d(images, _layer!.Weight, null, [1, 1], [1, 1], [1, 1], 1));

    /// <summary>The bridge's, where it serves; else libtorch's, channels last.</summary>
    [Benchmark]
    public void Winograd() => Step(_imagesLast!, _sentLast!, _layer!.Forward);

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable? made in (IDisposable?[])[_layer, _images, _imagesLast, _sent, _sentLast])
            made?.Dispose();
    }

    private void Step(Tensor images, Tensor sent, Func<Tensor, Tensor> forward)
    {
        using var scope = new TensorScope();
        Gradients.Of([forward(images)], [images, _layer!.Weight], outputGradients: [sent]);
    }
}
