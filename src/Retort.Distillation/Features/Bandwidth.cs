using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Retort.Distillation.Features;

/// <summary>The variance σ² of a Gaussian kernel: given, or the mean squared distance of what is compared.</summary>
/// <param name="Value">Above 0; null for the mean.</param>
[Description(Bandwidth.Form)]
public readonly record struct Bandwidth(double? Value) : IParsable<Bandwidth>
{
    internal const string Form = $"a number above 0 or '{Mean}'";

    private const string Mean = "mean";

    /// <inheritdoc/>
    /// <exception cref="FormatException">It is neither a number above 0 nor "mean".</exception>
    public static Bandwidth Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out Bandwidth result) ? result : throw new FormatException(Form);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Bandwidth result)
    {
        result = default;
        if (s == Mean)
            return true;
        if (!double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value) || value <= 0)
            return false;
        result = new Bandwidth(value);
        return true;
    }

    /// <summary>As an option has it.</summary>
    public override string ToString() => Value?.ToString(CultureInfo.InvariantCulture) ?? Mean;
}
