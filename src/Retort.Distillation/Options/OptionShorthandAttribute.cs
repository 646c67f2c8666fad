namespace Retort.Distillation.Options;

/// <summary>On an options record: a scalar in place of the mapping sets this key alone (<c>normalization: imagenet</c>).</summary>
/// <param name="key">The key that the scalar sets, as "preset".</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class OptionShorthandAttribute(string key) : Attribute
{
    /// <summary>The key that the scalar sets.</summary>
    public string Key { get; } = key;
}
