using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Retort.Distillation;

/// <summary>
/// Names of a tap of the student and of the teacher's tap that it is to match. As an option "stage2" where both have the same name, else
/// "stage2:stage3", the student's first.
/// </summary>
[Description(TapPair.Form)]
public readonly record struct TapPair(string Student, string Teacher) : IParsable<TapPair>
{
    internal const string Form = "a tap as 'stage2', or the student's and the teacher's as 'stage2:stage3'";

    private const char Separator = ':';

    /// <inheritdoc/>
    /// <exception cref="FormatException">A name is empty, or there are more than two.</exception>
    public static TapPair Parse(string s, IFormatProvider? provider) => TryParse(s, provider, out TapPair pair)
        ? pair
        : throw new FormatException(Form);

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out TapPair result)
    {
        string[] names = (s ?? "").Split(Separator, StringSplitOptions.TrimEntries);
        result = names.Length is 1 or 2 && Array.TrueForAll(names, name => name.Length > 0) ? new TapPair(names[0], names[^1]) : default;
        return result != default;
    }

    /// <summary>As an option has it.</summary>
    public override string ToString() => Student == Teacher ? Student : $"{Student}{Separator}{Teacher}";
}
