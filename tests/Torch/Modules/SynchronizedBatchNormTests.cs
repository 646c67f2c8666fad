using Retort.Tests.Torch.Distributed;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

/// <summary>Ranks with parts of an input do what one norm does with the whole of it.</summary>
public sealed class SynchronizedBatchNormTests
{
    private const int Channels = 3;

    private static readonly int[] Sizes = [4, 1, 2]; // images of the ranks

    public static TheoryData<bool, DType, bool> Maps => new()
    {
        { true, DType.Float32, false }, { false, DType.Float32, false }, { true, DType.Float32, true }, { true, DType.BFloat16, true },
    };

    [Theory]
    [MemberData(nameof(Maps))]
    public void Maps_of_several_ranks_are_normalised_as_those_of_one(bool affine, DType type, bool channelsLast)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(3);
        MemoryFormat format = channelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        // Channels far from zero: sums of squares would lose their variance.
        Tensor whole = ((Aten.Randn([Sizes.Sum(), Channels, 5, 4]) * 0.5) + 10).To(type).To(format), sent = Aten.Randn(whole.Shape).To(type).To(format);
        Compare(() => new BatchNorm2d(Channels, affine: affine), whole, sent, type == DType.BFloat16 ? 0.02 : 2e-5);
    }

    [Fact]
    public void Vectors_of_several_ranks_are_normalised_as_those_of_one_and_a_rank_may_have_a_single_one()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(4);
        Compare(() => new BatchNorm1d(Channels, momentum: null), Aten.Randn([Sizes.Sum(), Channels]), Aten.Randn([Sizes.Sum(), Channels]), 2e-5);
    }

    [Fact]
    public void A_rank_whose_input_does_not_count_changes_nothing_and_gets_no_gradient()
    {
        using var whole = new BatchNorm2d(Channels);
        (float[] expected, float[] statistics) = ([], []);
        using (var scope = new TensorScope())
        {
            Tensor output = whole.Forward(Input(2, seed: 1));
            (expected, statistics) = (output.ToArray<float>(), whole.RunningVariance!.ToArray<float>());
        }

        // Made before the ranks start: they are threads here, and the generator is everybody's.
        using Tensor counted = Input(2, seed: 1), uncounted = Input(1, seed: 2);
        Ranks.Complete(2, group =>
        {
            using var scope = new TensorScope();
            using var norm = new BatchNorm2d(Channels) { Group = new BatchNormGroup(group) { Counts = group.Rank == 0 } };
            Tensor input = group.Rank == 0 ? counted : uncounted;
            input.RequiresGrad = true;
            Tensor output = norm.Forward(input);
            (output * output * output).Sum().Backward(); // of the rank that does not count too, whatever it is weighted with
            Assert.Equal(statistics, norm.RunningVariance!.ToArray<float>(), Near(1e-6));
            if (group.Rank == 0)
                Assert.Equal(expected, output.ToArray<float>(), Near(1e-5));
            else
                Assert.All(input.Grad!.ToArray<float>(), value => Assert.Equal(0, value));
        });
    }

    [Fact]
    public void One_number_a_channel_on_all_ranks_together_is_refused_on_all() => Assert.All(
        Ranks.Run(2, group =>
        {
            using var norm = new BatchNorm1d(Channels) { Group = new BatchNormGroup(group) { Counts = group.Rank == 0 } };
            using Tensor input = Aten.Ones([1, Channels]);
            norm.Forward(input);
        }),
        fault => Assert.Contains("more than 1 value per channel on all ranks together", Assert.IsType<TorchException>(fault).Message));

    [Fact]
    public void In_evaluation_nothing_is_exchanged() => Ranks.Complete(2, group =>
    {
        using var norm = new BatchNorm2d(Channels) { Group = new BatchNormGroup(group) };
        norm.Eval();
        if (group.Rank != 0)
            return;
        using Tensor input = Input(2, seed: 1);
        norm.Forward(input).Dispose();
    });

    // Two steps on all ranks and by one norm: results, gradients, and what is remembered.
    private static void Compare(Func<BatchNorm> make, Tensor whole, Tensor sent, double tolerance)
    {
        using BatchNorm alone = make();
        Randomise(alone);
        BatchNorm[] norms = [.. Sizes.Select(_ => make())];
        foreach (BatchNorm norm in norms)
            Randomise(norm);
        for (int step = 0; step < 2; step++)
        {
            (float[] output, float[] ofInput) = Step(alone, whole, sent);
            (float[] Output, float[] OfInput)[] parts = new (float[], float[])[Sizes.Length];
            Ranks.Complete(Sizes.Length, group =>
            {
                norms[group.Rank].Group = new BatchNormGroup(group);
                using var scope = new TensorScope();
                (int first, int size) = (Sizes[..group.Rank].Sum(), Sizes[group.Rank]);
                parts[group.Rank] = Step(norms[group.Rank], whole.Narrow(0, first, size), sent.Narrow(0, first, size));
            });
            Assert.Equal(output, parts.SelectMany(part => part.Output), Near(tolerance));
            Assert.Equal(ofInput, parts.SelectMany(part => part.OfInput), Near(tolerance));
        }

        foreach (BatchNorm norm in norms)
        {
            Assert.Equal(alone.RunningMean!.ToArray<float>(), norm.RunningMean!.ToArray<float>(), Near(tolerance));
            Assert.Equal(alone.RunningVariance!.ToArray<float>(), norm.RunningVariance!.ToArray<float>(), Near(tolerance));
            Assert.Equal(2, norm.BatchesTracked!.Item<long>());
            Assert.Equal(norms[0].RunningVariance!.ToArray<float>(), norm.RunningVariance!.ToArray<float>()); // to the bit
        }

        foreach (Func<BatchNorm, Tensor?> parameter in (Func<BatchNorm, Tensor?>[])[norm => norm.Weight, norm => norm.Bias])
        {
            if (parameter(alone) is not { } expected)
                continue;
            float[] sum = new float[Channels];
            foreach (float[] part in norms.Select(norm => parameter(norm)!.Grad!.ToArray<float>()))
                sum = [.. sum.Zip(part, (a, b) => a + b)];
            Assert.Equal(expected.Grad!.ToArray<float>(), sum, Near(tolerance * 10));
        }

        foreach (BatchNorm norm in norms)
            norm.Dispose();
    }

    private static (float[] Output, float[] OfInput) Step(BatchNorm norm, Tensor input, Tensor sent)
    {
        using var scope = new TensorScope();
        Tensor leaf = input.Detach().Clone();
        leaf.RequiresGrad = true;
        Tensor output = norm.Forward(leaf);
        Assert.Equal(input.DType, output.DType);
        (output * sent).Sum().Backward();
        return (Numbers(output), Numbers(leaf.Grad!));
    }

    private static float[] Numbers(Tensor tensor) => tensor.Detach().To(DType.Float32).Contiguous().ToArray<float>();

    private static void Randomise(BatchNorm norm)
    {
        using var noGrad = GradMode.Disable();
        TorchRuntime.Seed(8);
        foreach (Tensor parameter in norm.Parameters())
            parameter.Uniform_(0.5, 1.5);
    }

    private static Tensor Input(int images, int seed)
    {
        TorchRuntime.Seed(seed);
        return Aten.Randn([images, Channels, 4, 4]);
    }

    private static Func<float, float, bool> Near(double tolerance) => (a, b) => Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a));
}
