using System.Buffers;
using Retort.Torch;

namespace Retort.Distillation.Contrast;

/// <summary>
/// Draws what each sample of a batch is compared with: a positive, and negatives of other classes. One number of libtorch's default
/// generator, whose state is in every checkpoint, seeds each sample's draw, so that a resumed run draws what it would have drawn, on any
/// number of threads.
/// </summary>
/// <param name="classes">Class of every training sample, at least 0.</param>
internal sealed class CandidateSampler(IReadOnlyList<int> classes)
{
    private readonly int[] _classes = [.. classes];
    private readonly int[] _samples = [.. Enumerable.Range(0, classes.Count).OrderBy(sample => classes[sample])]; // class after class
    private readonly int[] _starts = Starts(classes); // of each class in _samples, and the end

    /// <summary>
    /// Draws candidates. The negatives of a sample are distinct, in no particular order; where the other classes have fewer samples than
    /// are asked for, they are drawn with replacement.
    /// </summary>
    /// <param name="indices">Int64 [B].</param>
    /// <param name="negatives">Of each sample, at least 1.</param>
    /// <param name="anyOfClass">Whether the positive is a random sample of the same class instead of the sample itself.</param>
    /// <returns>Int64 [B, negatives + 1] on the CPU, the positive first.</returns>
    /// <exception cref="MethodException">A sample is unknown, or there is only one class.</exception>
    public Tensor Draw(Tensor indices, int negatives, bool anyOfClass)
    {
        long[] samples = indices.ToArray<long>(), seeds = Aten.Randint(0, int.MaxValue, [samples.Length]).ToArray<long>();
        foreach (long sample in samples)
            Require(sample);
        Tensor candidates = Aten.Empty([samples.Length, negatives + 1], DType.Int64);
        Parallel.For(0, samples.Length, new ParallelOptions { MaxDegreeOfParallelism = TorchRuntime.Threads }, i =>
        {
            Span<long> row = candidates.DenseSpan<long>().Slice(i * (negatives + 1), negatives + 1);
            var random = new Random((int)seeds[i]);
            (int start, int own) = ClassOf(samples[i]);
            row[0] = anyOfClass ? _samples[start + random.Next(own)] : samples[i];
            DrawNegatives(row[1..], start, own, random);
        });
        return candidates;
    }

    private static int[] Starts(IReadOnlyList<int> classes)
    {
        int[] starts = new int[classes.DefaultIfEmpty(0).Max() + 2];
        foreach (int @class in classes)
            starts[@class + 1]++;
        for (int i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        return starts;
    }

    private (int Start, int Count) ClassOf(long sample)
    {
        int start = _starts[_classes[sample]];
        return (start, _starts[_classes[sample] + 1] - start);
    }

    private void Require(long sample)
    {
        if (sample < 0 || sample >= _classes.Length)
            throw new MethodException($"There is no training sample {sample}: the method was bound to {_classes.Length} samples.");
        if (ClassOf(sample).Count == _classes.Length)
        {
            throw new MethodException(
                $"Negatives are drawn from other classes, but all {_classes.Length} training samples are of class {_classes[sample]}: train on "
                + "at least two classes.");
        }
    }

    private void DrawNegatives(Span<long> row, int start, int own, Random random)
    {
        int others = _samples.Length - own;
        if (row.Length > others)
        {
            foreach (ref long place in row)
                place = random.Next(others);
        }
        else
        {
            DrawDistinct(row, others, random);
        }

        foreach (ref long place in row)
            place = _samples[place < start ? place : place + own];
    }

    /// <summary>A uniform random subset of the numbers below a bound, by Floyd's algorithm: one draw for each number.</summary>
    private static void DrawDistinct(Span<long> numbers, int bound, Random random)
    {
        int words = (bound / 64) + 1;
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(words);
        Span<ulong> taken = rented.AsSpan(0, words);
        taken.Clear();
        for (int i = 0, last = bound - numbers.Length; last < bound; i++, last++)
        {
            int number = random.Next(last + 1);
            if ((taken[number >> 6] & (1UL << number)) != 0)
                number = last;
            taken[number >> 6] |= 1UL << number;
            numbers[i] = number;
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }
}
