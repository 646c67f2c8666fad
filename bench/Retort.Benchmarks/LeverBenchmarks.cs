using BenchmarkDotNet.Attributes;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Vision.Models;

namespace Retort.Benchmarks;

/// <summary>What each way of computing gains by itself: a teacher's forward pass and a student's step with 64 images.</summary>
public class LeverBenchmarks
{
    private const int Batch = 64, Side = 32, Classes = 100;
    private const double Rate = 0.05;

    private Network? _plain, _last;
    private GraphRunner? _folded;
    private InferenceNetwork? _fused, _toStage2, _fusedBf16;
    private Optimizer? _plainOptimizer, _lastOptimizer;
    private Tensor? _images, _imagesLast, _labels;

    /// <summary>The network.</summary>
    [Params("resnet20", "resnet56", "resnet32x4", "wrn_40_2")]
    public string Model { get; set; } = "";

    /// <summary>Makes the networks.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.Threads = Environment.ProcessorCount;
        TorchRuntime.Seed(0);
        (_plain, _last) = (ModelRegistry.Default.Create(Model, Classes), ModelRegistry.Default.Create(Model, Classes));
        _last.To(MemoryFormat.ChannelsLast);
        _images = Aten.Randn([Batch, 3, Side, Side]).Persist();
        _imagesLast = _images.To(MemoryFormat.ChannelsLast).Persist();
        _labels = Aten.Zeros([Batch], DType.Int64).Persist();
        (_plainOptimizer, _lastOptimizer) = (new Sgd(_plain.Parameters(), Rate), new Sgd(_last.Parameters(), Rate));
        Train(_last, _lastOptimizer, _imagesLast, DType.Float32); // so that there are gradients
        _folded = new GraphRunner(BatchNormFolding.Fold(GraphTracer.Trace(_last, new HashSet<string>(), Side, Side, Device.Cpu)));
        _toStage2 = InferenceNetwork.Make(_last, new HashSet<string> { "stage2" }, Side, Side, Device.Cpu, DType.Float32, logits: false);
        _fused = InferenceNetwork.Make(_last, new HashSet<string>(), Side, Side, Device.Cpu, DType.Float32);
        _fusedBf16 = InferenceNetwork.Make(_last, new HashSet<string>(), Side, Side, Device.Cpu, DType.BFloat16);
    }

    /// <summary>Forward: rows of channels one after another, float32.</summary>
    [Benchmark(Baseline = true)]
    public void Forward() => Evaluate(_plain!, _images!, DType.Float32);

    /// <summary>Forward: a pixel's channels beside each other.</summary>
    [Benchmark]
    public void ForwardChannelsLast() => Evaluate(_last!, _imagesLast!, DType.Float32);

    /// <summary>Forward: channels last, batch norms folded into convolutions.</summary>
    [Benchmark]
    public void ForwardFolded()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        _folded!.Run(_imagesLast!);
    }

    /// <summary>Forward: bias, shortcut and ReLU in the convolution besides, its weights reordered once.</summary>
    [Benchmark]
    public void ForwardFused() => Evaluate(_fused!, DType.Float32);

    /// <summary>Forward: the same as far as the second stage, which is all that some methods read.</summary>
    [Benchmark]
    public void ForwardFusedToStage2() => Evaluate(_toStage2!, DType.Float32);

    /// <summary>Forward: channels last in bfloat16.</summary>
    [Benchmark]
    public void ForwardChannelsLastBf16() => Evaluate(_last!, _imagesLast!, DType.BFloat16);

    /// <summary>Forward: all three.</summary>
    [Benchmark]
    public void ForwardFusedBf16() => Evaluate(_fusedBf16!, DType.BFloat16);

    /// <summary>A training step on labels: rows of channels one after another, float32.</summary>
    [Benchmark]
    public void Step() => Train(_plain!, _plainOptimizer!, _images!, DType.Float32);

    /// <summary>A step: channels last.</summary>
    [Benchmark]
    public void StepChannelsLast() => Train(_last!, _lastOptimizer!, _imagesLast!, DType.Float32);

    /// <summary>SGD alone, as a step takes it: all parameters in one call of each operator.</summary>
    [Benchmark]
    public void Update() => _lastOptimizer!.Step();

    /// <summary>The same, each parameter by itself.</summary>
    [Benchmark]
    public void UpdateOneByOne()
    {
        using var noGrad = GradMode.Disable();
        foreach (Tensor parameter in _last!.Parameters())
        {
            using Tensor gradient = parameter.Grad!;
            parameter.Add_(gradient, alpha: -Rate);
        }
    }

    /// <summary>A step: channels last in bfloat16.</summary>
    [Benchmark]
    public void StepChannelsLastBf16() => Train(_last!, _lastOptimizer!, _imagesLast!, DType.BFloat16);

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable? made in (IDisposable?[])[_folded, _toStage2, _fused, _fusedBf16, _plainOptimizer, _lastOptimizer, _plain, _last, _images, _imagesLast, _labels])
            made?.Dispose();
    }

    private static void Evaluate(Network network, Tensor images, DType type)
    {
        network.Eval();
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using (Autocast.Enter(type))
            network.Forward(images);
    }

    private void Evaluate(InferenceNetwork network, DType type)
    {
        using var scope = new TensorScope();
        using (Autocast.Enter(type))
            network.Forward(_imagesLast!);
    }

    private void Train(Network network, Optimizer optimizer, Tensor images, DType type)
    {
        network.Train();
        using var scope = new TensorScope();
        Tensor logits;
        using (Autocast.Enter(type))
            logits = network.Forward(images);
        Tensor loss = Losses.CrossEntropy(logits.To(DType.Float32), _labels!);
        optimizer.ZeroGrad();
        loss.Backward();
        optimizer.Step();
    }
}
