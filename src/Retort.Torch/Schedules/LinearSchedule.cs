namespace Retort.Torch.Schedules;

/// <summary>A straight line from one factor to another, then constant.</summary>
/// <param name="Epochs">Epochs until the last factor.</param>
/// <param name="First">Factor at epoch 0; default 1.</param>
/// <param name="Last">Factor from <paramref name="Epochs"/> on; default 0.</param>
public sealed record LinearSchedule(double Epochs, double First = 1, double Last = 0) : Schedule
{
    /// <inheritdoc cref="LinearSchedule(double, double, double)" path="/param[@name='Epochs']"/>
    public double Epochs { get; init; } = Positive(Epochs, nameof(Epochs));

    /// <inheritdoc/>
    public override double At(double epoch) => First + ((Last - First) * Math.Clamp(epoch / Epochs, 0, 1));
}
