namespace Retort.Distillation.Options;

/// <summary>On an abstract options record: which of its variants is meant stands under a key of the same mapping.</summary>
/// <param name="key">The key, as "name" or "kind".</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class OptionVariantsAttribute(string key) : Attribute
{
    /// <summary>The key, as "name" or "kind".</summary>
    public string Key { get; } = key;

    /// <summary>The variant that is meant when the key is left out; null when it must be there.</summary>
    public string? Default { get; init; }
}
