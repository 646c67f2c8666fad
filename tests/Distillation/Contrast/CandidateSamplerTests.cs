using Retort.Distillation;
using Retort.Distillation.Contrast;
using Retort.Torch;

namespace Retort.Tests.Distillation.Contrast;

public sealed class CandidateSamplerTests
{
    // 60 samples; class 3 has none.
    private static readonly int[] Classes = [.. Enumerable.Range(0, 60).Select(i => (i % 7) switch { 3 => 5, var c => c % 5 })];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(43)] // all that the largest class leaves
    public void Negatives_are_distinct_samples_of_other_classes_and_the_positive_is_the_sample(int negatives)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        foreach ((long sample, long[] row) in Rows(Classes, negatives))
        {
            Assert.Equal(sample, row[0]);
            Assert.All(row[1..], other => Assert.NotEqual(Classes[sample], Classes[other]));
            Assert.Distinct(row[1..]);
        }
    }

    [Fact]
    public void A_relaxed_positive_is_any_sample_of_the_class()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        HashSet<long> positives = [];
        for (int step = 0; step < 30; step++)
        {
            foreach ((long sample, long[] row) in Rows(Classes, 4, anyOfClass: true))
            {
                Assert.Equal(Classes[sample], Classes[row[0]]);
                if (Classes[sample] == 5)
                    positives.Add(row[0]);
            }
        }

        Assert.Equal(Enumerable.Range(0, 60).Where(i => Classes[i] == 5).Select(i => (long)i), positives.Order());
    }

    [Fact]
    public void Negatives_repeat_where_there_are_too_few()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        int[] classes = [0, 0, 1, 1, 1];
        foreach ((long sample, long[] row) in Rows(classes, 40))
            Assert.Equal(Enumerable.Range(0, 5).Where(i => classes[i] != classes[sample]).Select(i => (long)i), row[1..].Distinct().Order());
    }

    [Fact]
    public void Every_subset_is_equally_likely()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        const int rows = 6000;
        long[] drawn = new CandidateSampler([0, 1, 1, 1, 1]).Draw(Aten.Zeros([rows], DType.Int64), 2, anyOfClass: false).ToArray<long>();
        var subsets = drawn.Chunk(3).CountBy(row => (Math.Min(row[1], row[2]), Math.Max(row[1], row[2]))).ToDictionary();
        Assert.Equal(6, subsets.Count);
        Assert.All(subsets.Values, count => Assert.InRange(count, (rows / 6) - 150, (rows / 6) + 150)); // five standard deviations
    }

    [Fact]
    public void What_is_drawn_depends_on_the_generators_state_alone()
    {
        using var scope = new TensorScope();
        int threads = TorchRuntime.Threads;
        TorchRuntime.Seed(1);
        Tensor state = Generator.Default.GetState();
        long[] first = Flat(Rows(Classes, 9)), second = Flat(Rows(Classes, 9));
        Assert.NotEqual(first, second);
        try
        {
            Generator.Default.SetState(state);
            TorchRuntime.Threads = 3;
            Assert.Equal(first, Flat(Rows(Classes, 9)));
            Assert.Equal(second, Flat(Rows(Classes, 9)));
        }
        finally
        {
            TorchRuntime.Threads = threads;
        }
    }

    [Fact]
    public void A_single_class_and_an_unknown_sample_are_refused()
    {
        using var scope = new TensorScope();
        Assert.Contains("all 3 training samples are of class 2", Refusal([2, 2, 2], 0));
        Assert.Contains("no training sample 5", Refusal([0, 1, 2], 5));
        Assert.Contains("no training sample -1", Refusal([0, 1, 2], -1));
    }

    private static string Refusal(int[] classes, long sample) =>
        Assert.Throws<MethodException>(() => new CandidateSampler(classes).Draw(Tensor.From([sample]), 2, anyOfClass: false)).Message;

    private static long[] Flat((long Sample, long[] Row)[] rows) => [.. rows.SelectMany(row => row.Row)];

    /// <summary>Draws for all samples, last first.</summary>
    private static (long Sample, long[] Row)[] Rows(int[] classes, int negatives, bool anyOfClass = false)
    {
        long[] samples = [.. Enumerable.Range(0, classes.Length).Reverse().Select(i => (long)i)];
        Tensor drawn = new CandidateSampler(classes).Draw(Tensor.From<long>(samples), negatives, anyOfClass);
        Assert.Equal([samples.Length, negatives + 1], drawn.Shape);
        return [.. samples.Zip(drawn.ToArray<long>().Chunk(negatives + 1))];
    }
}
