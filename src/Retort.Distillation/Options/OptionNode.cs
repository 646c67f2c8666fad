using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Retort.Distillation.Options;

/// <summary>
/// Options as they were written, whatever the format (YAML, JSON, a command line): a scalar, a list or a mapping, each with
/// the place it came from. Two nodes are equal when they say the same; where they stand does not count.
/// </summary>
/// <param name="location">Where the node stands, as "kd.yaml:12:5"; empty when it was made in code.</param>
public abstract class OptionNode(string location) : IEquatable<OptionNode>
{
    /// <summary>Where the node stands: "kd.yaml:12:5", "--set train.epochs", "case.safetensors: options"; empty when made in code.</summary>
    public string Location { get; } = location;

    /// <summary>What the user reads after "is" in an error: "'abc'", "a list", "a mapping", "empty".</summary>
    public abstract string Shown { get; }

    /// <summary>Reads JSON. A number such as 4.0 counts as whole, since JSON knows one kind of number only.</summary>
    /// <param name="element">An object, array or value.</param>
    /// <param name="location">Where it comes from; every node gets this place.</param>
    public static OptionNode FromJson(JsonElement element, string location) => element.ValueKind switch
    {
        JsonValueKind.Object => new OptionMapping(
            [.. element.EnumerateObject().Select(p => new OptionEntry(p.Name, location, FromJson(p.Value, location)))], location),
        JsonValueKind.Array => new OptionList([.. element.EnumerateArray().Select(e => FromJson(e, location))], location),
        JsonValueKind.String => new OptionScalar(element.GetString()!, quoted: true, location),
        JsonValueKind.Number => new OptionScalar(NumberText(element), quoted: false, location),
        JsonValueKind.True => new OptionScalar("true", quoted: false, location),
        JsonValueKind.False => new OptionScalar("false", quoted: false, location),
        _ => new OptionScalar("", quoted: false, location),
    };

    /// <summary>The same as JSON; what JSON has no number for (<c>.inf</c>, <c>.nan</c>) becomes a text. Of a key written twice the last counts.</summary>
    /// <returns>A new node; null where nothing is written.</returns>
    public JsonNode? ToJson() => this switch
    {
        OptionMapping mapping => Object(mapping),
        OptionList list => new JsonArray([.. list.Items.Select(i => i.ToJson())]),
        OptionScalar scalar => Value(scalar),
        _ => throw new NotSupportedException($"{GetType()} is no node of JSON."),
    };

    /// <inheritdoc/>
    public abstract bool Equals(OptionNode? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as OptionNode);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    private static JsonObject Object(OptionMapping mapping)
    {
        JsonObject json = [];
        foreach (var entry in mapping.Entries)
            json[entry.Key] = entry.Value.ToJson();
        return json;
    }

    private static JsonValue? Value(OptionScalar scalar) => scalar.Kind switch
    {
        OptionScalarKind.Null => null,
        OptionScalarKind.Boolean => JsonValue.Create(scalar.Text[0] is 't' or 'T'),
        OptionScalarKind.Integer when long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        OptionScalarKind.Integer or OptionScalarKind.Float
            when double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) => JsonValue.Create(real),
        _ => JsonValue.Create(scalar.Text),
    };

    private static string NumberText(JsonElement number)
    {
        const double largestExact = 9007199254740992;
        return !number.TryGetInt64(out _) && number.TryGetDouble(out var value) && Math.Abs(value) < largestExact
                && value == Math.Truncate(value)
            ? ((long)value).ToString()
            : number.GetRawText();
    }
}
