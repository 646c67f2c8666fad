using System.Text.Json.Nodes;

namespace Retort.Tests.Training.Recipes;

/// <summary>The part of JSON schema's draft 7 that the schema of recipes uses; any other keyword fails the test.</summary>
internal static class SchemaValidator
{
    private static readonly HashSet<string> Known =
    [
        "$schema", "title", "description", "default", "type", "enum", "const", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
        "properties", "required", "additionalProperties", "minProperties", "maxProperties", "items", "minItems", "maxItems", "anyOf",
        "if", "then", "else",
    ];

    public static bool Accepts(JsonObject schema, JsonNode? value)
    {
        foreach (var keyword in schema)
            Assert.True(Known.Contains(keyword.Key), keyword.Key);
        return Is(schema, value)
            && Number(schema, value)
            && Object(schema, value)
            && List(schema, value)
            && (schema["anyOf"] is not JsonArray forms || forms.Any(form => Accepts(form!.AsObject(), value)))
            && (schema["if"] is not JsonObject condition || Accepts(schema[Accepts(condition, value) ? "then" : "else"]!.AsObject(), value));
    }

    private static bool Is(JsonObject schema, JsonNode? value) =>
        (schema["const"] is not { } constant || JsonNode.DeepEquals(constant, value))
        && (schema["enum"] is not JsonArray values || values.Any(v => JsonNode.DeepEquals(v, value)))
        && (schema["type"] switch
        {
            null => true,
            JsonArray types => types.Any(type => IsOf((string)type!, value)),
            var type => IsOf((string)type!, value),
        });

    private static bool IsOf(string type, JsonNode? value) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == System.Text.Json.JsonValueKind.String,
        "boolean" => value?.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
        "number" => IsNumber(value),
        "integer" => IsNumber(value) && double.IsInteger(Real(value!)),
        _ => throw new ArgumentException(type),
    };

    private static bool IsNumber(JsonNode? value) => value?.GetValueKind() == System.Text.Json.JsonValueKind.Number;

    private static double Real(JsonNode number) => double.Parse(number.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture);

    private static bool Number(JsonObject schema, JsonNode? value) =>
        !IsNumber(value)
        || ((schema["minimum"] is not { } least || Real(value!) >= Real(least))
            && (schema["exclusiveMinimum"] is not { } above || Real(value!) > Real(above))
            && (schema["maximum"] is not { } most || Real(value!) <= Real(most))
            && (schema["exclusiveMaximum"] is not { } below || Real(value!) < Real(below)));

    private static bool Object(JsonObject schema, JsonNode? value)
    {
        if (value is not JsonObject mapping)
            return true;
        JsonObject properties = schema["properties"] as JsonObject ?? [];
        return (schema["required"] is not JsonArray required || required.All(key => mapping.ContainsKey((string)key!)))
            && mapping.All(entry => properties[entry.Key] is JsonObject inner ? Accepts(inner, entry.Value) : schema["additionalProperties"] is null)
            && (schema["minProperties"] is not { } least || mapping.Count >= (int)least)
            && (schema["maxProperties"] is not { } most || mapping.Count <= (int)most);
    }

    private static bool List(JsonObject schema, JsonNode? value) =>
        value is not JsonArray list
        || ((schema["items"] is not JsonObject item || list.All(i => Accepts(item, i)))
            && (schema["minItems"] is not { } least || list.Count >= (int)least)
            && (schema["maxItems"] is not { } most || list.Count <= (int)most));
}
