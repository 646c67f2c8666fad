using System.Globalization;
using System.Text.Json.Nodes;
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

    private const string WeightKey = "weight", WarmupKey = "warmup_epochs";
    private const string WeightForm = "a number of at least 0", WarmupForm = "a whole number between 0 and 100000";
    private const int MostWarmup = 100_000;

    /// <summary>Makes a term with every option of the method at its default.</summary>
    /// <param name="method">"ce", or the method's name in the registry.</param>
    /// <param name="weight">What the term is multiplied with.</param>
    public DistillTerm(string method, double weight) : this(method, weight, OptionMapping.Empty)
    {
    }

    /// <summary>Makes a term of a method's options record: <c>new("kd", 0.9, new KnowledgeDistillationOptions { Temperature = 2 })</c>.</summary>
    /// <param name="method">The method's name in the registry.</param>
    /// <param name="weight">What the term is multiplied with.</param>
    /// <param name="options">The method's options record; one of another method is refused when the run is made.</param>
    public DistillTerm(string method, double weight, object options) : this(method, weight, OptionsWriter.Write(options))
    {
    }

    /// <inheritdoc/>
    public static string Form => "one key, the method, with its weight or options: kd: 0.9, or kd: {weight: 0.9, temperature: 4}";

    /// <summary>
    /// Epochs over which the weight rises: in epoch e, counted from 1, it is multiplied with <c>min(e / warm-up, 1)</c>. From 0 to 100000;
    /// default 0: the full weight from the start.
    /// </summary>
    public int WarmupEpochs { get; init; }

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
        foreach (var key in (string[])[WeightKey, WarmupKey])
        {
            if (options.Entries.Count(e => e.Key == key) > 1)
                throw Refused(options, path, $"'{path}.{key}' is given twice: keep one of them.");
        }

        var weight = options[WeightKey]
                     ?? throw Refused(options, path, $"'{path}.{WeightKey}' is missing: add it, it must be {WeightForm}.");
        return new DistillTerm(only.Key, WeightOf(weight, $"{path}.{WeightKey}"), options.Without(WeightKey).Without(WarmupKey))
        {
            WarmupEpochs = options[WarmupKey] is { } warmup ? WarmupOf(warmup, $"{path}.{WarmupKey}") : 0,
        };
    }

    /// <inheritdoc/>
    public OptionNode ToNode()
    {
        var weight = new OptionScalar(Weight.ToString("R", CultureInfo.InvariantCulture), quoted: false);
        List<OptionEntry> entries = [new OptionEntry(WeightKey, "", weight)];
        if (WarmupEpochs != 0)
            entries.Add(new OptionEntry(WarmupKey, "", new OptionScalar(WarmupEpochs.ToString(CultureInfo.InvariantCulture), quoted: false)));
        entries.AddRange(Options.Entries);
        return new OptionMapping([new OptionEntry(Method, "", entries.Count == 1 ? weight : new OptionMapping(entries))]);
    }

    /// <summary>The JSON schema of what stands after a method's name.</summary>
    /// <param name="description">What the method is.</param>
    /// <param name="options">The schema of its options, a mapping, which is taken over; null for cross-entropy, which has a weight only.</param>
    internal static JsonObject Schema(string description, JsonObject? options)
    {
        var isMethod = options is not null;
        JsonObject Weight() => new() { ["type"] = "number", ["minimum"] = 0, ["description"] = "What the term is multiplied with." };
        options ??= new JsonObject { ["type"] = "object", ["properties"] = new JsonObject(), ["required"] = new JsonArray(), ["additionalProperties"] = false };
        var properties = options["properties"]!.AsObject();
        if (isMethod)
        {
            properties[WarmupKey] = new JsonObject
            {
                ["type"] = "integer", ["minimum"] = 0, ["maximum"] = MostWarmup, ["default"] = 0, ["description"] = "Epochs over which the weight rises.",
            };
        }

        properties[WeightKey] = Weight();
        options["required"]!.AsArray().Add(WeightKey);
        return new JsonObject { ["description"] = description, ["anyOf"] = new JsonArray(Weight(), options) };
    }

    private static double WeightOf(OptionNode node, string path) =>
        node is OptionScalar { Kind: OptionScalarKind.Integer or OptionScalarKind.Float } scalar
        && double.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight) && weight >= 0
            ? weight
            : throw Refused(node, path, $"'{path}' is {node.Shown}, but must be {WeightForm}.");

    private static int WarmupOf(OptionNode node, string path) =>
        node is OptionScalar { Kind: OptionScalarKind.Integer } scalar
        && int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var epochs) && epochs is >= 0 and <= MostWarmup
            ? epochs
            : throw Refused(node, path, $"'{path}' is {node.Shown}, but must be {WarmupForm}.");

    private static OptionsException Refused(OptionNode node, string path, string text) =>
        new([new OptionFault { Location = node.Location, Key = path, Value = (node as OptionScalar)?.Text, Text = text }]);
}
