using System.Globalization;
using System.Text.Json.Nodes;
using Retort.Distillation.Options;
using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>
/// What each class counts in the cross-entropy with the labels: <c>balanced</c>, or a number for each class. Balanced, class c counts
/// n / (k·n꜀), of n training images n꜀ in class c and k classes that have images: all classes count alike then, and the mean of the weights over
/// the training images is 1.
/// </summary>
/// <param name="Values">A weight above 0 for each class, in label order; null: balanced.</param>
public sealed record ClassWeights(ValueList<double>? Values) : ICustomOption<ClassWeights>
{
    private const string BalancedText = "balanced";

    /// <summary>Weights from the numbers of images.</summary>
    public static ClassWeights Balanced { get; } = new((ValueList<double>?)null);

    /// <inheritdoc/>
    public static string Form => $"'{BalancedText}', or a list of a number above 0 for each class";

    /// <inheritdoc/>
    public static ClassWeights FromNode(OptionNode node, string path)
    {
        if (node is OptionScalar { Text: BalancedText })
            return Balanced;
        double[]? values = node is OptionList { Items.Count: > 1 } list ? [.. list.Items.Select(WeightOf)] : null;
        if (values?.All(value => value > 0) == true)
            return new ClassWeights([.. values]);
        string? bad = values is null ? null : ((OptionList)node).Items[Array.FindIndex(values, value => !(value > 0))].Shown;
        throw new OptionsException(node.Location, path, $"'{path}' {(bad is null ? "is " + node.Shown : "has " + bad)}, but must be {Form}.");
    }

    /// <inheritdoc/>
    public OptionNode ToNode() => Values is null
        ? new OptionScalar(BalancedText, quoted: true)
        : new OptionList([.. Values.Select(value => new OptionScalar(value.ToString("R", CultureInfo.InvariantCulture), quoted: false))]);

    /// <summary>The weights for some training images, one for each class.</summary>
    /// <exception cref="RetortException">There are other classes than weights.</exception>
    public IReadOnlyList<double> Of(ImageDataset images)
    {
        RequireClasses(images.Classes.Count);
        if (Values is not null)
            return Values;
        int[] counts = new int[images.Classes.Count];
        foreach (int label in images.Labels)
            counts[label]++;
        double share = (double)images.Count / counts.Count(count => count > 0);
        return [.. counts.Select(count => count > 0 ? share / count : 0)]; // no image, no weight: only smoothed labels could see it
    }

    /// <summary>Refuses weights of another number of classes.</summary>
    /// <exception cref="RetortException">There are other classes than weights.</exception>
    internal void RequireClasses(int classes)
    {
        if (Values is not null && Values.Count != classes)
            throw new RetortException($"'class_weights' has {Values.Count} weights, but the data has {classes} classes: give one for each, in label order.") { WrongUse = true };
    }

    internal static JsonObject Schema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray(BalancedText) },
            new JsonObject
            {
                ["type"] = "array", ["items"] = new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 }, ["minItems"] = 2,
            }),
    };

    private static double WeightOf(OptionNode node) =>
        node is OptionScalar { Kind: OptionScalarKind.Integer or OptionScalarKind.Float } scalar
        && double.TryParse(scalar.Text, CultureInfo.InvariantCulture, out double weight) && double.IsFinite(weight) ? weight : 0;
}
