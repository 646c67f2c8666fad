namespace Retort.Torch.Modules;

/// <summary>A table of vectors, looked up by integer.</summary>
public sealed class Embedding : Layer
{
    private readonly long _padding;

    /// <summary>Makes the table with PyTorch's initialisation: standard normal.</summary>
    /// <param name="count">Number of vectors.</param>
    /// <param name="length">Of each vector.</param>
    /// <param name="paddingIndex">The vector that starts at zero and gets no gradient; null: none.</param>
    public Embedding(int count, int length, int? paddingIndex = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        if (paddingIndex is { } index && (uint)index >= (uint)count)
            throw new ArgumentOutOfRangeException(nameof(paddingIndex), paddingIndex, $"Must be one of the {count} vectors.");
        _padding = paddingIndex ?? -1;
        Tensor table = Init.Normal([count, length], 1);
        if (paddingIndex is { } zero)
        {
            using Tensor row = table[zero];
            row.Zero_();
        }

        Weight = AddParameter("weight", table);
    }

    /// <summary>[count, length].</summary>
    public Tensor Weight { get; }

    /// <inheritdoc/>
    /// <remarks>Input [...] of int64, output [..., length].</remarks>
    public override Tensor Forward(Tensor input) => Aten.Embedding(Weight, input, _padding);
}
