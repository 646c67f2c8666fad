using Retort.Torch;

namespace Retort.Distillation.Contrast;

/// <summary>
/// How near embeddings are to rows of a bank: inner products, of each sample with rows of its own. Either all rows are scored in one matrix
/// product and the wanted ones picked, or the wanted rows are gathered first; both give the same, and the cheaper one is taken.
/// </summary>
internal static class BankScores
{
    // A row in a matrix product costs about a twentieth of one that is gathered: it is read once for the whole batch.
    private const long WorthGathering = 16;

    // Float32 elements, 64 MiB: the most that an intermediate result may have, so that memory does not grow with the batch.
    private const long Most = 1L << 24;

    /// <summary>The scores.</summary>
    /// <param name="embeddings">[B, D].</param>
    /// <param name="bank">[N, D], without gradient.</param>
    /// <param name="candidates">Int64 [B, M], rows of the bank for each sample; a row may come more than once.</param>
    /// <returns>[B, M].</returns>
    public static Tensor Of(Tensor embeddings, Tensor bank, Tensor candidates)
    {
        if (ScoresWholeBank(bank, candidates))
            return embeddings.Mm(bank.T()).Gather(1, candidates);
        Tensor rows = bank.IndexSelect(0, candidates.Flatten()).View([.. candidates.Shape, bank.Size(1)]);
        return rows.Bmm(embeddings.Unsqueeze(2)).Squeeze(2);
    }

    /// <summary>Cuts a batch into parts whose scores take a bounded amount of memory.</summary>
    /// <param name="bank">[N, D].</param>
    /// <param name="candidates">Int64 [B, M].</param>
    /// <returns>First sample and number of samples of each part.</returns>
    public static IEnumerable<(long Start, long Count)> Parts(Tensor bank, Tensor candidates)
    {
        long ofSample = ScoresWholeBank(bank, candidates) ? bank.Size(0) : candidates.Size(1) * bank.Size(1);
        long batch = candidates.Size(0), part = Math.Max(1, Most / ofSample);
        for (long start = 0; start < batch; start += part)
            yield return (start, Math.Min(part, batch - start));
    }

    private static bool ScoresWholeBank(Tensor bank, Tensor candidates) => bank.Size(0) <= WorthGathering * candidates.Size(1);
}
