using System.Text.RegularExpressions;

namespace Retort.Distillation.Options;

/// <summary>A single value, kept as it was written.</summary>
public sealed partial class OptionScalar : OptionNode
{
    /// <summary>Makes a scalar.</summary>
    /// <param name="text">As written, without quotes.</param>
    /// <param name="quoted">It stood in quotes, and so is a text even when it looks like a number.</param>
    /// <param name="location">Where it stands.</param>
    public OptionScalar(string text, bool quoted, string location = "") : base(location)
    {
        Text = text;
        Kind = quoted ? OptionScalarKind.Text : KindOf(text);
    }

    /// <summary>The value as written, without quotes.</summary>
    public string Text { get; }

    /// <summary>What the value is by YAML's core schema.</summary>
    public OptionScalarKind Kind { get; }

    /// <inheritdoc/>
    public override string Shown =>
        Kind == OptionScalarKind.Null ? "empty"
        : Kind == OptionScalarKind.Text && KindOf(Text) != OptionScalarKind.Text ? $"the text \"{Text}\""
        : $"'{Text}'";

    /// <summary>What an unquoted text is by YAML's core schema.</summary>
    public static OptionScalarKind KindOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => OptionScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => OptionScalarKind.Boolean,
        _ when Integer.IsMatch(text) => OptionScalarKind.Integer,
        _ when Float.IsMatch(text) => OptionScalarKind.Float,
        _ => OptionScalarKind.Text,
    };

    /// <inheritdoc/>
    public override bool Equals(OptionNode? other) =>
        other is OptionScalar scalar && scalar.Kind == Kind && (Kind == OptionScalarKind.Null || scalar.Text == Text);

    /// <inheritdoc/>
    public override int GetHashCode() => Kind == OptionScalarKind.Null ? 0 : HashCode.Combine(Kind, Text);

    [GeneratedRegex(@"^[-+]?[0-9]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Integer { get; }

    [GeneratedRegex(@"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Float { get; }
}
