namespace Retort.Torch.Schedules;

/// <summary>Schedules one after another; each sees the epochs since its own start, and the last one never ends.</summary>
public sealed record ChainedSchedule : Schedule
{
    private readonly SchedulePart[] _parts;

    /// <summary>Makes the sequence.</summary>
    /// <param name="parts">At least one; the length of the last is not used.</param>
    public ChainedSchedule(params IReadOnlyList<SchedulePart> parts)
    {
        if (parts.Count == 0)
            throw new ArgumentException("A sequence of schedules needs at least one.", nameof(parts));
        foreach (SchedulePart part in parts)
            AtLeast(0, part.Epochs, nameof(parts));
        _parts = [.. parts];
    }

    /// <summary>The schedules with their lengths.</summary>
    public IReadOnlyList<SchedulePart> Parts => _parts;

    /// <inheritdoc/>
    public override double At(double epoch)
    {
        double start = 0;
        for (int i = 0; i < _parts.Length - 1; i++)
        {
            if (epoch < start + _parts[i].Epochs)
                return _parts[i].Schedule.At(epoch - start);
            start += _parts[i].Epochs;
        }

        return _parts[^1].Schedule.At(epoch - start);
    }

    /// <inheritdoc/>
    public bool Equals(ChainedSchedule? other) => other is not null && _parts.AsSpan().SequenceEqual(other._parts);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (SchedulePart part in _parts)
            hash.Add(part);
        return hash.ToHashCode();
    }
}

/// <summary>A schedule and how long it runs in a <see cref="ChainedSchedule"/>.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="Epochs">How long it runs.</param>
public sealed record SchedulePart(Schedule Schedule, double Epochs = 0);
