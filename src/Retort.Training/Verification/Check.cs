using Retort.Torch;

namespace Retort.Training.Verification;

/// <summary>One comparison of a case: a tensor with its expected values, at the place where they differ most.</summary>
public sealed record Check
{
    /// <summary>What is compared: "loss", "grad.student.logits", "features.2.digest".</summary>
    public required string Name { get; init; }

    /// <summary>Our figure, where it differs most from the reference.</summary>
    public double Ours { get; init; }

    /// <summary>The reference at the same place.</summary>
    public double Reference { get; init; }

    /// <summary>Their distance; NaN where ours is none.</summary>
    public double Error { get; init; }

    /// <summary>The largest distance that passes.</summary>
    public double Allowed { get; init; }

    /// <summary>Why figures cannot be compared: another shape, a name that is missing; null where they were.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether it is right.</summary>
    public bool Passed => Fault is null && Error <= Allowed;

    /// <summary>Error as a share of what is allowed; infinite for a fault and for what is not a number.</summary>
    public double Severity => Fault is not null || double.IsNaN(Error) ? double.PositiveInfinity
        : Error == 0 ? 0 : Error / Allowed;

    /// <summary>"grad.student.logits: 0.25 instead of 0.24, error 1.0e-02, allowed 2.4e-05".</summary>
    public override string ToString() => Fault is null
        ? $"{Name}: {Ours:G7} instead of {Reference:G7}, error {Error:0.0e+00}, allowed {Allowed:0.0e+00}"
        : $"{Name}: {Fault}";

    /// <summary>What is wrong without a figure.</summary>
    internal static Check Wrong(string name, string fault) => new() { Name = name, Fault = fault };

    /// <summary>Compares tensors: the largest error may be a share of the largest expected magnitude, plus the floor.</summary>
    /// <param name="name">What is compared.</param>
    /// <param name="ours">Any type; a scalar may have any rank.</param>
    /// <param name="expected">The reference.</param>
    /// <param name="share">Share of the largest magnitude.</param>
    /// <param name="floor">What is allowed besides.</param>
    internal static Check Compare(string name, Tensor ours, Tensor expected, double share, double floor)
    {
        if (!ours.Shape.AsSpan().SequenceEqual(expected.Shape) && (ours.Count != 1 || expected.Count != 1))
            return Wrong(name, $"the shape is [{string.Join(", ", ours.Shape)}], must be [{string.Join(", ", expected.Shape)}]");
        double[] figures = Values(ours), references = Values(expected);
        double largest = 0;
        foreach (double reference in references)
            largest = Math.Max(largest, Math.Abs(reference));
        return Worst(name, figures, references, _ => (share * largest) + floor);
    }

    /// <summary>Compares figures one by one: the error of each may be a share of its own reference.</summary>
    internal static Check CompareEach(string name, double[] ours, double[] expected, double share) =>
        Worst(name, ours, expected, i => share * Math.Abs(expected[i]));

    // NaN first: it compares as smaller than any error, and is worse.
    private static Check Worst(string name, double[] ours, double[] expected, Func<int, double> allowed)
    {
        var worst = new Check { Name = name };
        for (int i = 0; i < ours.Length; i++)
        {
            double error = ours[i] == expected[i] ? 0 : Math.Abs(ours[i] - expected[i]);
            var check = new Check { Name = name, Ours = ours[i], Reference = expected[i], Error = error, Allowed = allowed(i) };
            if (i == 0 || check.Severity > worst.Severity)
                worst = check;
        }

        return worst;
    }

    private static double[] Values(Tensor tensor)
    {
        using var noGrad = GradMode.Disable();
        using Tensor detached = tensor.Detach();
        using Tensor wide = detached.To(DType.Float64);
        return wide.ToArray<double>();
    }
}
