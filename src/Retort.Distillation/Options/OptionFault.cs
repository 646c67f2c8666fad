namespace Retort.Distillation.Options;

/// <summary>One thing that is wrong in options, with all a program or a person needs to mend it.</summary>
public sealed record OptionFault
{
    /// <summary>Where it stands, as "kd.yaml:12:5"; empty when the options were made in code.</summary>
    public required string Location { get; init; }

    /// <summary>Path of the option, as "train.optimizer.lr".</summary>
    public required string Key { get; init; }

    /// <summary>The whole sentence, without the place.</summary>
    public required string Text { get; init; }

    /// <summary>The value that was refused, as written; null where the key is what is wrong.</summary>
    public string? Value { get; init; }

    /// <summary>What is allowed, as "a whole number of at least 1"; null where that is no question.</summary>
    public string? Allowed { get; init; }

    /// <summary>Known names near to the one that was written, the nearest first.</summary>
    public IReadOnlyList<string> Suggestions { get; init; } = [];

    /// <summary>The sentence with its place in front.</summary>
    public override string ToString() => Location.Length == 0 ? Text : $"{Location}: {Text}";

    internal static OptionFault WrongValue(OptionNode node, string key, string allowed, IReadOnlyList<string>? near = null) => new()
    {
        Location = node.Location,
        Key = key,
        Value = (node as OptionScalar)?.Text,
        Allowed = allowed,
        Suggestions = near ?? [],
        Text = $"{Named(key)} is {node.Shown}, but must be {allowed}.{(near is { Count: > 0 } ? $" {NearestName.Question(near)}" : "")}",
    };

    internal static string Named(string key) => key.Length == 0 ? "the value" : $"'{key}'";
}
