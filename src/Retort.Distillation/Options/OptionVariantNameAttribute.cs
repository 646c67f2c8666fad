namespace Retort.Distillation.Options;

/// <summary>
/// On an options record that is a variant of an abstract one which does not list it, as one of another assembly: its name. Whoever reads
/// such options says that there is this type (<see cref="OptionsBinder"/>).
/// </summary>
/// <param name="name">As a recipe writes it, unlike the names that the abstract record lists.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class OptionVariantNameAttribute(string name) : Attribute
{
    /// <summary>As a recipe writes it.</summary>
    public string Name { get; } = name;
}
