using Retort.Torch.Modules;

namespace Retort.Training.Parallel;

/// <summary>Batch norms that use the statistics of all ranks, until it is disposed.</summary>
internal sealed class SynchronisedNorms : IDisposable
{
    private readonly IReadOnlyList<BatchNorm> _norms;

    /// <summary>Joins them.</summary>
    public SynchronisedNorms(IReadOnlyList<BatchNorm> norms, BatchNormGroup group)
    {
        _norms = norms;
        Join(group);
    }

    /// <inheritdoc/>
    public void Dispose() => Join(null);

    private void Join(BatchNormGroup? group)
    {
        foreach (BatchNorm norm in _norms)
            norm.Group = group;
    }
}
