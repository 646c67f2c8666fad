namespace Retort.Distillation.Options;

/// <summary>An option as a user reads about it, and as a schema is made of it.</summary>
public sealed record OptionDescription
{
    /// <summary>The key in a recipe, as "weight_decay".</summary>
    public required string Key { get; init; }

    /// <summary>Type of the property.</summary>
    public required Type ValueType { get; init; }

    /// <summary>What is allowed, as "a number between 0 and 1" or "one of auto, fp32, bf16".</summary>
    public required string Allowed { get; init; }

    /// <summary>The value when it is left out; null when it must be given, or is nothing by default.</summary>
    public OptionNode? Default { get; init; }

    /// <summary>It must be given.</summary>
    public bool IsRequired { get; init; }

    /// <summary>First words of the property's documentation; empty when there are none.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The options of a mapping; empty for a value or a list, and where there are variants.</summary>
    public IReadOnlyList<OptionDescription> Options { get; init; } = [];

    /// <summary>The key that names the variant, where the mapping has variants; else null.</summary>
    public string? VariantKey { get; init; }

    /// <summary>The variants of a mapping, each with its options.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<OptionDescription>>> Variants { get; init; } = [];

    /// <summary>The default as one reads it: "4", "[6, 8]", "required", "none".</summary>
    public string DefaultText => IsRequired ? "required" : Default is null ? "none" : Flow(Default);

    private static string Flow(OptionNode node) => node switch
    {
        OptionScalar scalar => scalar.Text,
        OptionList list => $"[{string.Join(", ", list.Items.Select(Flow))}]",
        OptionMapping mapping => $"{{{string.Join(", ", mapping.Entries.Select(e => $"{e.Key}: {Flow(e.Value)}"))}}}",
        _ => node.Shown,
    };
}
