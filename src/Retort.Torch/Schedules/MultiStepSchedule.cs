namespace Retort.Torch.Schedules;

/// <summary>
/// gamma to the power of the number of milestones m ≤ ⌊epoch⌋. With epochs counted from 1, as in RepDistiller, that is the number of
/// milestones strictly smaller than the epoch: milestone 150 takes effect in the 151st epoch.
/// </summary>
public sealed record MultiStepSchedule : Schedule
{
    private readonly int[] _milestones;

    /// <summary>Makes the schedule.</summary>
    /// <param name="milestones">Numbers of epochs after which the rate changes, in any order.</param>
    /// <param name="gamma">Factor of each change; default 0.1.</param>
    public MultiStepSchedule(IEnumerable<int> milestones, double gamma = 0.1)
    {
        _milestones = [.. milestones.Order()];
        Gamma = gamma;
        if (_milestones.Length > 0)
            AtLeast(0, _milestones[0], nameof(milestones));
    }

    /// <summary>Numbers of epochs after which the rate changes, rising.</summary>
    public IReadOnlyList<int> Milestones => _milestones;

    /// <summary>Factor of each change.</summary>
    public double Gamma { get; }

    /// <inheritdoc/>
    public override double At(double epoch)
    {
        int passed = 0;
        while (passed < _milestones.Length && _milestones[passed] <= Math.Floor(epoch))
            passed++;
        return Math.Pow(Gamma, passed);
    }

    /// <inheritdoc/>
    public bool Equals(MultiStepSchedule? other) =>
        other is not null && Gamma.Equals(other.Gamma) && _milestones.AsSpan().SequenceEqual(other._milestones);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Gamma);
        foreach (int milestone in _milestones)
            hash.Add(milestone);
        return hash.ToHashCode();
    }
}
