using System.Globalization;
using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>
/// A weighted term of the student's loss: <c>ce</c> (cross-entropy with the labels) or a method. A recipe writes it as
/// <c>kd: 0.9</c> or <c>kd: {weight: 0.9, temperature: 4}</c>.
/// </summary>
/// <param name="Method">"ce", or the method's name in the registry.</param>
/// <param name="Weight">What the term is multiplied with, at least 0.</param>
/// <param name="Options">The method's options without the weight, as written; the method's options record binds them.</param>
public sealed record DistillTerm(string Method, double Weight, OptionMapping Options) : ICustomOption<DistillTerm>
{
    /// <summary>Name of the one term that needs no teacher: cross-entropy with the labels.</summary>
    public const string CrossEntropy = "ce";

    private const string WeightKey = "weight";
    private const string WeightForm = "a number of at least 0";

    /// <summary>Makes a term with every option of the method at its default.</summary>
    /// <param name="method">"ce", or the method's name in the registry.</param>
    /// <param name="weight">What the term is multiplied with.</param>
    public DistillTerm(string method, double weight) : this(method, weight, OptionMapping.Empty)
    {
    }

    /// <inheritdoc/>
    public static string Form => "one key, the method, with its weight or options: kd: 0.9, or kd: {weight: 0.9, temperature: 4}";

    /// <summary>Whether this is the cross-entropy with the labels.</summary>
    public bool IsCrossEntropy => Method == CrossEntropy;

    /// <inheritdoc/>
    public static DistillTerm FromNode(OptionNode node, string path)
    {
        if (node is not OptionMapping { Entries: [var only] })
            throw Refused(node, path, node is OptionMapping ? $"'{path}' has several keys, but must be {Form}." : $"'{path}' is {node.Shown}, but must be {Form}.");
        path = $"{path}.{only.Key}";
        if (only.Value is not OptionMapping options)
            return new DistillTerm(only.Key, WeightOf(only.Value, path), new OptionMapping([], only.Value.Location));
        if (options.Entries.Count(e => e.Key == WeightKey) > 1)
            throw Refused(options, path, $"'{path}.{WeightKey}' is given twice: keep one of them.");
        var weight = options[WeightKey]
                     ?? throw Refused(options, path, $"'{path}.{WeightKey}' is missing: add it, it must be {WeightForm}.");
        return new DistillTerm(only.Key, WeightOf(weight, $"{path}.{WeightKey}"), options.Without(WeightKey));
    }

    /// <inheritdoc/>
    public OptionNode ToNode()
    {
        var weight = new OptionScalar(Weight.ToString("R", CultureInfo.InvariantCulture), quoted: false);
        OptionNode value = Options.Entries.Count == 0 ? weight : new OptionMapping([new OptionEntry(WeightKey, "", weight), .. Options.Entries]);
        return new OptionMapping([new OptionEntry(Method, "", value)]);
    }

    private static double WeightOf(OptionNode node, string path) =>
        node is OptionScalar { Kind: OptionScalarKind.Integer or OptionScalarKind.Float } scalar
        && double.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight) && weight >= 0
            ? weight
            : throw Refused(node, path, $"'{path}' is {node.Shown}, but must be {WeightForm}.");

    private static OptionsException Refused(OptionNode node, string path, string text) =>
        new([new OptionFault { Location = node.Location, Key = path, Value = (node as OptionScalar)?.Text, Text = text }]);
}
