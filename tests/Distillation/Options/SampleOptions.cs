using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Retort.Distillation.Options;

namespace Retort.Tests.Distillation.Options;

public sealed record SampleOptions : IValidatableOptions
{
    /// <summary>Softens the logits.</summary>
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 4;

    [Range(0, 1)]
    public double Rate { get; init; } = 0.5;

    [Range(1, int.MaxValue)]
    public int NceK { get; init; } = 16384;

    public long Seed { get; init; }

    [AllowedValues(1, 2)]
    public int P { get; init; } = 1;

    [AllowedValues("official", "repdistiller")]
    public string Variant { get; init; } = "official";

    public SampleDirection KlDirection { get; init; } = SampleDirection.StudentTeacher;

    public double? Margin { get; init; }

    public bool Nesterov { get; init; }

    [MinLength(1)]
    public IReadOnlyList<string> Taps { get; init; } = ["stage1", "stage2"];

    [Length(2, 2), Range(0.0, 1.0, MaximumIsExclusive = true)]
    public ValueList<double> Betas { get; init; } = [0.9, 0.999];

    public SampleInner Inner { get; init; } = new();

    public SampleBandwidth Sigma2 { get; init; } = new(null);

    public IEnumerable<OptionProblem> Validate()
    {
        if (Rate > 0.8 && Nesterov)
            yield return new(nameof(Rate), "must be at most 0.8 with 'nesterov'");
    }
}

public sealed record SampleInner
{
    public int Depth { get; init; } = 2;
}

public enum SampleDirection
{
    StudentTeacher,
    TeacherStudent,
}

public readonly record struct SampleBandwidth(double? Value) : IParsable<SampleBandwidth>
{
    public static SampleBandwidth Parse(string s, IFormatProvider? provider) =>
        s == "mean" ? new(null)
        : double.TryParse(s, provider, out var value) ? new(value)
        : throw new FormatException("a number or 'mean'");

    public static bool TryParse(string? s, IFormatProvider? provider, out SampleBandwidth result)
    {
        result = new(double.TryParse(s, provider, out var value) ? value : null);
        return result.Value is not null || s == "mean";
    }

    public override string ToString() => Value?.ToString(CultureInfo.InvariantCulture) ?? "mean";
}
