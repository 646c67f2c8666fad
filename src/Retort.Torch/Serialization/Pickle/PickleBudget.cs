namespace Retort.Torch.Serialization;

/// <summary>
/// Bounds the work and memory that pickles of one file may take. Far above what real checkpoints need (an optimiser's state takes some
/// tens of operations per parameter), far below what harms.
/// </summary>
internal sealed class PickleBudget(CheckpointSource source)
{
    public const int MostMarks = 1000;
    public const int LongestName = 1000;
    public const int LongestInteger = 1024;

    private const int MostOperations = 16_000_000;
    private const long MostBytes = 256L << 20;

    private int _operations;
    private long _bytes;

    public void Operation()
    {
        if (++_operations > MostOperations)
            throw source.Fault($"its pickle has more than {MostOperations} operations, which no checkpoint needs; do not trust this file.");
    }

    /// <summary>Counts managed memory before it is allocated.</summary>
    public void Allocate(long bytes)
    {
        _bytes += bytes;
        if (_bytes > MostBytes)
        {
            throw source.Fault(
                $"what it holds beside tensors takes more than {MostBytes >> 20} MiB; save the state dict alone, with torch.save or as .safetensors.");
        }
    }
}
