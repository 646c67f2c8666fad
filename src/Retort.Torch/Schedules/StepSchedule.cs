namespace Retort.Torch.Schedules;

/// <summary>gamma to the power of ⌊epoch / every⌋.</summary>
/// <param name="Every">Epochs between two changes; may be a fraction (2.4), which then takes effect within an epoch.</param>
/// <param name="Gamma">Factor of each change; default 0.1.</param>
public sealed record StepSchedule(double Every, double Gamma = 0.1) : Schedule
{
    // Epoch and fraction add up to 7.199999 as easily as to 7.2: a change that is due is not put off by a rounding error.
    private const double Rounding = 1e-9;

    /// <inheritdoc cref="StepSchedule(double, double)" path="/param[@name='Every']"/>
    public double Every { get; init; } = Positive(Every, nameof(Every));

    /// <inheritdoc/>
    public override double At(double epoch) => Math.Pow(Gamma, Math.Floor((epoch / Every) + Rounding));
}
