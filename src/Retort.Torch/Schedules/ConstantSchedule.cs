namespace Retort.Torch.Schedules;

/// <summary>The same factor always.</summary>
/// <param name="Factor">Default 1.</param>
public sealed record ConstantSchedule(double Factor = 1) : Schedule
{
    /// <inheritdoc/>
    public override double At(double epoch) => Factor;
}
