using System.Diagnostics;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Data;
using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Vision.Models;

namespace Retort.Training.Benchmarks;

/// <summary>
/// How fast a network is evaluated here: the test images from memory, normalised, through the network, to accuracy and confusion. The network
/// has random weights, on which speed does not depend.
/// </summary>
public sealed record EvaluationBenchmark
{
    // Enough for kernels to be chosen and memory to be there.
    private const int WarmUp = 500;

    /// <summary>The network's model.</summary>
    public required string Model { get; init; }

    /// <summary>Test images to evaluate, ≥ 1; all where there are fewer. Default 10,000.</summary>
    public int Images { get; init; } = 10_000;

    /// <summary>The images; the embedded ones by default.</summary>
    public DataOptions Data { get; init; } = new SyntheticDataOptions();

    /// <summary>Number format. Default auto.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Where to compute. Default the CPU.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Threads; 0: all cores.</summary>
    public int Threads { get; init; }

    /// <summary>The models that there are; those of Retort by default.</summary>
    public ModelRegistry Models { get; init; } = ModelRegistry.Default;

    /// <summary>Measures.</summary>
    /// <param name="observer">Is told of progress.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <returns>Without parts.</returns>
    /// <exception cref="RetortException">A name is unknown, or the images cannot be read.</exception>
    public BenchmarkResult Run(ITrainingObserver observer, CancellationToken cancel)
    {
        var compute = Compute.Choose(Precision, Device);
        TorchRuntime.Threads = new TrainOptions { Threads = Threads }.ThreadCount;
        TorchRuntime.Seed(0);
        DataSplits data = Data.Load(observer.Preparing, cancel);
        using var load = new OtherLoad();
        double peak = ConvolutionPeak.Measure(compute);
        using Network network = Models.Create(Model, data.Test.Classes.Count);
        network.To(Device).To(MemoryFormat.ChannelsLast);
        Evaluator Of(int images) => new(
            data.Test.Subset(data.Test.Name, [.. Enumerable.Range(0, Math.Min(images, data.Test.Count))]), data.Normalization, compute, data.Input);
        Of(WarmUp).Run(network, cancel: cancel);
        TorchRuntime.ResetPeakMemory();
        Evaluator measured = Of(Images);
        long begun = Stopwatch.GetTimestamp();
        EvaluationResult result = measured.Run(network, (done, all) => observer.Preparing("evaluating images", done, all), cancel);
        double speed = result.Images / Stopwatch.GetElapsedTime(begun).TotalSeconds;
        long macs = NetworkCost.Measure(network, data.Input.Height, data.Input.Width, Device).Macs;
        return new BenchmarkResult(speed, [], BenchmarkResult.PeakMemory(Device), 2.0 * macs * speed, peak, load.Share(), $"{compute}", TorchRuntime.Threads);
    }
}
