namespace Retort.Torch.Schedules;

/// <summary>Half a cosine wave from 1 to a final factor: final + (1 − final)·(1 + cos(π·epoch / epochs)) / 2, then constant.</summary>
/// <param name="Epochs">Epochs until the final factor.</param>
/// <param name="Final">The final factor: final learning rate / initial learning rate; default 0.</param>
public sealed record CosineSchedule(double Epochs, double Final = 0) : Schedule
{
    /// <inheritdoc cref="CosineSchedule(double, double)" path="/param[@name='Epochs']"/>
    public double Epochs { get; init; } = Positive(Epochs, nameof(Epochs));

    /// <inheritdoc/>
    public override double At(double epoch) =>
        Final + ((1 - Final) * (1 + Math.Cos(Math.PI * Math.Clamp(epoch / Epochs, 0, 1))) / 2);
}
