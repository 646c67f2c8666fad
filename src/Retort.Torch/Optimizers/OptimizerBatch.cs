namespace Retort.Torch.Optimizers;

/// <summary>The parameters of a group that have a gradient in this step, with their numbers.</summary>
internal sealed class OptimizerBatch
{
    public List<int> Indices { get; } = [];

    public List<Tensor> Parameters { get; } = [];

    /// <summary>Freed after the step; updates must not change them.</summary>
    public List<Tensor> Gradients { get; } = [];

    public int Count => Indices.Count;

    /// <summary>The gradients plus the L2 penalty's: classical weight decay.</summary>
    public IReadOnlyList<Tensor> Decayed(double weightDecay) =>
        weightDecay == 0 ? Gradients : Aten.ForeachAdd(Gradients, Parameters, alpha: weightDecay);

    public void Clear()
    {
        Indices.Clear();
        Parameters.Clear();
        Gradients.Clear();
    }
}
