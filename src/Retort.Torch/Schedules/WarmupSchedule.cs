namespace Retort.Torch.Schedules;

/// <summary>
/// Another schedule, times a factor that rises in a straight line from a start to 1: start + (1 − start)·min(epoch / epochs, 1). The inner
/// schedule's time runs from the beginning; put it behind a <see cref="LinearSchedule"/> in a <see cref="ChainedSchedule"/> to start it
/// after the warm-up.
/// </summary>
/// <param name="Inner">The schedule that is warmed up.</param>
/// <param name="Epochs">Length of the warm-up.</param>
/// <param name="Start">Factor at epoch 0: first learning rate / initial learning rate; default 0.</param>
public sealed record WarmupSchedule(Schedule Inner, double Epochs, double Start = 0) : Schedule
{
    /// <inheritdoc cref="WarmupSchedule(Schedule, double, double)" path="/param[@name='Epochs']"/>
    public double Epochs { get; init; } = Positive(Epochs, nameof(Epochs));

    /// <inheritdoc/>
    public override double At(double epoch) => Inner.At(epoch) * (Start + ((1 - Start) * Math.Clamp(epoch / Epochs, 0, 1)));
}
