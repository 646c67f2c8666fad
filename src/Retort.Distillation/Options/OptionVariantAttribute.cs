namespace Retort.Distillation.Options;

/// <summary>On an abstract options record with <see cref="OptionVariantsAttribute"/>: one of its variants.</summary>
/// <param name="name">As a recipe writes it, as "sgd".</param>
/// <param name="type">The sealed record with that variant's options; one name for each type.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class OptionVariantAttribute(string name, Type type) : Attribute
{
    /// <summary>As a recipe writes it.</summary>
    public string Name { get; } = name;

    /// <summary>The record with that variant's options.</summary>
    public Type Type { get; } = type;
}
