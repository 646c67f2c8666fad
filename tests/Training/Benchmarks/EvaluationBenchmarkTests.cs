using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Training.Benchmarks;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Benchmarks;

public sealed class EvaluationBenchmarkTests
{
    private static readonly EvaluationBenchmark Small = new() { Model = "resnet8", Images = 40, Data = TinyRun.Data, Precision = Precision.Fp32, Threads = 1 };

    [Fact]
    public void It_counts_two_operations_for_a_multiplication_and_its_addition()
    {
        BenchmarkResult result = Small.Run(new RecordingObserver(), CancellationToken.None);
        Assert.Empty(result.Parts);
        Assert.InRange(result.FlopsPerSecond, 1, 10 * result.PeakFlopsPerSecond); // another test may have had the core while the peak was measured
        Assert.InRange(result.FlopsPerSecond / result.ImagesPerSecond, 2 * 12.4e6, 2 * 12.6e6);
    }

    [Fact]
    public void It_leaves_no_tensor_behind() => TensorAssert.LeavesNothing(() => Small.Run(new RecordingObserver(), CancellationToken.None));
}
