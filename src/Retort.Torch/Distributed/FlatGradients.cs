using Retort.Torch.Native;

namespace Retort.Torch.Distributed;

/// <summary>
/// The gradients of a list of parameters as one tensor, so that one exchange serves them all, with room for a few figures behind them. A
/// parameter without a gradient counts as zeros; one that has none on any rank has none afterwards.
/// </summary>
public sealed unsafe class FlatGradients : IDisposable
{
    private readonly Tensor[] _parameters;
    private readonly Tensor _flat;
    private readonly long _gradients;

    /// <summary>Makes room.</summary>
    /// <param name="parameters">In the same order on all ranks; float32, on one device. Borrowed.</param>
    /// <param name="figures">Numbers that travel with the gradients, at least 0.</param>
    /// <param name="device">Where they are exchanged: what <see cref="ProcessGroup.Place"/> says of the parameters' device. Default: the CPU.</param>
    public FlatGradients(IReadOnlyList<Tensor> parameters, int figures, Device? device = null)
    {
        _parameters = [.. parameters];
        Elements = _parameters.Sum(parameter => parameter.Count);
        _gradients = Elements + _parameters.Length;
        Figures = figures;
        _flat = Aten.Empty([_gradients + figures], DType.Float32, device: device ?? Device.Cpu).Persist();
    }

    /// <summary>Numbers of all gradients together.</summary>
    public long Elements { get; }

    /// <summary>How many numbers travel with them.</summary>
    public int Figures { get; }

    /// <summary>Replaces every gradient, and the figures, by their sums over all ranks. The gradients are then parts of this object's memory, until the next call.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="figures">Replaced by their sums.</param>
    /// <exception cref="ProcessGroupException">A rank is gone, or did not come in time.</exception>
    public void Sum(ProcessGroup group, Span<float> figures)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(figures.Length, Figures);
        nint[] handles = Tensor.Handles(_parameters);
        fixed (nint* parameters = handles)
        {
            Bridge.Check(Bridge.retort_gradients_flatten(parameters, handles.Length, _flat.Handle));
            using (Tensor behind = _flat.Narrow(0, _gradients, Figures), own = Tensor.From<float>(figures))
            {
                behind.Copy_(own);
                group.AllReduce(_flat);
                using Tensor sums = behind.To(Device.Cpu);
                sums.ToArray<float>().CopyTo(figures);
            }

            Bridge.Check(Bridge.retort_gradients_unflatten(parameters, handles.Length, _flat.Handle));
        }

        GC.KeepAlive(_parameters);
    }

    /// <summary>Frees the memory, once nobody uses the gradients any more.</summary>
    public void Dispose() => _flat.Dispose();
}
