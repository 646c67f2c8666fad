namespace Retort.Torch.Optimizers;

/// <summary>Parameters that an optimiser treats alike.</summary>
public sealed class ParameterGroup
{
    private readonly double? _learningRate, _weightDecay;

    /// <summary>Makes a group.</summary>
    /// <param name="parameters">Borrowed; their owner disposes them.</param>
    /// <param name="learningRate">Of this group; null: the optimiser's.</param>
    /// <param name="weightDecay">Of this group; null: the optimiser's.</param>
    public ParameterGroup(IReadOnlyList<Tensor> parameters, double? learningRate = null, double? weightDecay = null)
    {
        Parameters = [.. parameters];
        (_learningRate, _weightDecay) = (learningRate, weightDecay);
    }

    /// <summary>The parameters, in the order in which the state counts them.</summary>
    public IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>What the next step uses.</summary>
    public double LearningRate { get; set; }

    /// <summary>What <see cref="Optimizer.ScaleLearningRate"/> multiplies.</summary>
    public double InitialLearningRate { get; private set; }

    /// <summary>What the next step uses.</summary>
    public double WeightDecay { get; set; }

    /// <summary>
    /// Two groups: parameters of two dimensions and more with the optimiser's weight decay, and biases, norms and other vectors without
    /// any, as ImageNet recipes have it.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> WithoutDecayOfVectors(IReadOnlyList<Tensor> parameters) =>
    [
        new([.. parameters.Where(p => p.Rank > 1)]),
        new([.. parameters.Where(p => p.Rank <= 1)], weightDecay: 0),
    ];

    internal void Fill(double learningRate, double weightDecay)
    {
        InitialLearningRate = LearningRate = _learningRate ?? learningRate;
        WeightDecay = _weightDecay ?? weightDecay;
        if (LearningRate is not (>= 0 and < double.PositiveInfinity) || WeightDecay is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"Learning rate {LearningRate} and weight decay {WeightDecay} must be numbers of at least 0.");
    }
}
