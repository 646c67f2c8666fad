using Retort.Distillation.Contrast;
using Retort.Tests.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Contrast;

public sealed class BankScoresTests
{
    [Theory]
    [InlineData(10)] // all rows scored
    [InlineData(500)] // rows gathered
    public void A_score_is_the_inner_product_with_the_row_and_so_is_its_gradient(int rows)
    {
        using var scope = new TensorScope();
        Tensor bank = MethodBench.Random(1, rows, 4), x = MethodBench.Random(2, 3, 4);
        long[] picked = [0, 7, 7, 9, 1, 3, 2, 0, 5, 4, 6, 8];
        Tensor candidates = Tensor.From<long>(picked, 3, 4);

        double[] scores = BankScores.Of(x, bank, candidates).ToArray<double>();
        for (int i = 0; i < picked.Length; i++)
            Assert.Equal(x[i / 4].Dot(bank[(int)picked[i]]).ToDouble(), scores[i], 1e-12);
        MethodBench.CheckGradient(e => BankScores.Of(e, bank, candidates).Square().Sum(), x);
    }

    [Theory]
    [InlineData(1 << 20, 1 << 17, 16)] // all of a million rows for 16 samples are 64 MiB
    [InlineData(1 << 20, 1 << 10, 32)] // 1024 rows of 512 gathered for 32 samples as well
    public void A_batch_is_cut_into_parts_of_bounded_memory(long rows, long candidates, long part)
    {
        using var scope = new TensorScope();
        Tensor bank = Aten.Zeros([1, 1]).Expand([rows, 512]), picked = Aten.Zeros([1, 1], DType.Int64).Expand([100, candidates]);
        (long Start, long Count)[] parts = [.. BankScores.Parts(bank, picked)];
        Assert.Equal(0, parts[0].Start);
        Assert.All(parts.Zip(parts[1..]), pair => Assert.Equal(pair.First.Start + pair.First.Count, pair.Second.Start));
        Assert.Equal(100, parts[^1].Start + parts[^1].Count);
        Assert.All(parts[..^1], p => Assert.Equal(part, p.Count));
    }

    [Fact]
    public void A_sample_larger_than_the_bound_is_a_part_by_itself()
    {
        using var scope = new TensorScope();
        Tensor bank = Aten.Zeros([1, 1]).Expand([1L << 30, 512]), picked = Aten.Zeros([1, 1], DType.Int64).Expand([3, 1L << 29]);
        Assert.Equal([(0, 1), (1, 1), (2, 1)], BankScores.Parts(bank, picked));
    }
}
