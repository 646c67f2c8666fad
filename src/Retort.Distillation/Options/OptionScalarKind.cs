namespace Retort.Distillation.Options;

/// <summary>What a scalar is by YAML's core schema.</summary>
public enum OptionScalarKind
{
    /// <summary>Nothing, <c>~</c> or <c>null</c>.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>Digits, perhaps with a sign.</summary>
    Integer,

    /// <summary>A number with a point or an exponent, <c>.inf</c> or <c>.nan</c>.</summary>
    Float,

    /// <summary>Everything else, and whatever stands in quotes.</summary>
    Text,
}
