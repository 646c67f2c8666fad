using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Training.Benchmarks;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Benchmarks;

public sealed class TrainingBenchmarkTests
{
    private static readonly TrainingBenchmark Small = new()
    {
        Teacher = "resnet14", Student = "resnet8", Batch = 8, Batches = 4, WarmUp = 2, Data = TinyRun.Data, Precision = Precision.Fp32, Threads = 1,
    };

    [Fact]
    public void All_time_is_in_parts_and_operations_are_counted()
    {
        BenchmarkResult result = Small.Run(new RecordingObserver(), CancellationToken.None);
        Assert.Equal(["data", "teacher", "student", "loss", "backward", "optimizer"], result.Parts.Select(part => part.Name));
        Assert.Equal(1, result.Parts.Sum(part => part.Share), 9);
        Assert.All(result.Parts, part => Assert.InRange(part.Share, 0, 1));
        Assert.True(result.Parts.Single(part => part.Name == "backward").Share > result.Parts.Single(part => part.Name == "optimizer").Share);
        Assert.InRange(result.FlopsPerSecond, 1, 10 * result.PeakFlopsPerSecond); // another test may have had the core while the peak was measured
        // 2 operations for each multiply-accumulate: 12.5 M of the student, three times, and 26.6 M of the teacher.
        Assert.InRange(result.FlopsPerSecond / result.ImagesPerSecond, 2 * 62e6, 2 * 66e6);
        Assert.True(result.PeakBytes > 8 * 16 * 32 * 32 * sizeof(float));
    }

    [Fact]
    public void Without_a_teacher_a_student_learns_labels()
    {
        BenchmarkResult result = (Small with { Teacher = null }).Run(new RecordingObserver(), CancellationToken.None);
        Assert.InRange(result.Parts.Single(part => part.Name == "teacher").Share, 0, 0.01);
    }

    [Fact]
    public void Too_few_images_for_a_batch_are_refused() => Assert.Contains(
        "lower --batch", Assert.Throws<RetortException>(() => (Small with { Batch = 64 }).Run(new RecordingObserver(), CancellationToken.None)).Message);

    [Fact]
    public void It_leaves_no_tensor_behind() => TensorAssert.LeavesNothing(() => (Small with { Method = "fitnet" }).Run(new RecordingObserver(), CancellationToken.None));
}
