namespace Retort.Torch.Schedules;

/// <summary>
/// How the learning rate runs over training: a pure function from progress to the factor on the initial learning rate
/// (<see cref="Optimizers.Optimizer.ScaleLearningRate"/>).
/// </summary>
/// <remarks>
/// Progress is counted in epochs from 0: the first epoch runs from 0 to 1, its middle is 0.5. Give whole numbers for a rate that is set once
/// per epoch, as PyTorch's schedulers with one step per epoch, or fractions for one that is set in every step.
/// </remarks>
public abstract record Schedule
{
    /// <summary>The factor on the initial learning rate.</summary>
    /// <param name="epoch">Epochs done, with the fraction of the present one; at least 0.</param>
    public abstract double At(double epoch);

    /// <summary>Refuses what is not at least <paramref name="least"/>.</summary>
    private protected static double AtLeast(double least, double value, string name) =>
        value >= least && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"Must be a number of at least {least}.");

    private protected static double Positive(double value, string name) =>
        value > 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, "Must be a positive number.");
}
