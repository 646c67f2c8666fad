namespace Retort.Distillation.Options;

/// <summary>
/// A value with a form of its own in a recipe, such as a term that is either a weight or a mapping. For a value that is always a
/// single scalar, <see cref="IParsable{TSelf}"/> and <see cref="object.ToString"/> are enough: its <c>Parse</c> throws a
/// <see cref="FormatException"/> whose message says what is allowed ("a number or 'mean'"), and so does a
/// <see cref="System.ComponentModel.DescriptionAttribute"/> on the type, for <c>retort show</c>.
/// </summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
public interface ICustomOption<TSelf> where TSelf : ICustomOption<TSelf>
{
    /// <summary>What the value looks like, as in "must be ...".</summary>
    static abstract string Form { get; }

    /// <summary>Reads the value.</summary>
    /// <param name="node">What was written.</param>
    /// <param name="path">Path of the key, for errors.</param>
    /// <exception cref="OptionsException">It is not of this form.</exception>
    static abstract TSelf FromNode(OptionNode node, string path);

    /// <summary>The value as a recipe writes it.</summary>
    OptionNode ToNode();
}
