using Retort.Torch;

namespace Retort.Training.Benchmarks;

/// <summary>What a <see cref="TrainingBenchmark"/> found.</summary>
/// <param name="ImagesPerSecond">Training images a second.</param>
/// <param name="Parts">Where the time went; with a GPU, where this thread gave it work or waited for it.</param>
/// <param name="PeakBytes">Most bytes of tensors at a time.</param>
/// <param name="FlopsPerSecond">
/// Floating-point operations a second: two for each multiply-accumulate, of the teacher's forward pass and three times the student's, however few of
/// them the convolutions in use take.
/// </param>
/// <param name="PeakFlopsPerSecond">Those of a convolution of libtorch that suits the machine, measured just before, in the same format and threads.</param>
/// <param name="OtherLoad">Cores that other processes used meanwhile, 0 where nothing else ran; null where the system does not tell.</param>
/// <param name="ComputedIn">Number format and device, as "bf16 on cpu".</param>
/// <param name="Threads">Threads used.</param>
public sealed record BenchmarkResult(
    double ImagesPerSecond, IReadOnlyList<BenchmarkPart> Parts, long PeakBytes, double FlopsPerSecond, double PeakFlopsPerSecond, double? OtherLoad,
    string ComputedIn, int Threads)
{
    /// <summary>Most bytes of tensors at a time where a benchmark computes.</summary>
    internal static long PeakMemory(Device device) =>
        device.Type == DeviceType.Cuda ? TorchRuntime.GpuMemory(device).Peak : TorchRuntime.Memory.Peak;
}

/// <summary>A part of a training step.</summary>
/// <param name="Name">data, teacher, student, loss, backward or optimizer.</param>
/// <param name="Share">Of the time, 0..1.</param>
public sealed record BenchmarkPart(string Name, double Share);
