using System.Reflection;
using System.Text.Json.Nodes;

namespace Retort.Distillation.Options;

/// <summary>
/// Writes options records as a JSON schema (draft 7), for editors. It accepts whatever <see cref="OptionsBinder"/> accepts, and refuses what
/// that refuses but for properties that do not fit each other.
/// </summary>
/// <param name="custom">The schema of a type with a form of its own (<see cref="ICustomOption{TSelf}"/>).</param>
/// <param name="names">The names that a text may be, as those of a registry; null: any text.</param>
public sealed class OptionsJsonSchema(Func<Type, JsonObject> custom, Func<PropertyInfo, IEnumerable<string>?> names)
{
    /// <summary>Nothing has to be given: the rest comes from elsewhere. Default false.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Variants that their abstract types do not list, by their own types. Default none.</summary>
    public IReadOnlyList<Type> Variants { get; init; } = [];

    /// <summary>The schema of a record, whose variants and shorthand are alternatives.</summary>
    /// <param name="type">The record's type.</param>
    /// <returns>A new node.</returns>
    public JsonObject Of(Type type)
    {
        var variants = OptionTypes.VariantsOf(type, Variants);
        List<JsonObject> forms = variants.Count == 0 ? [Mapping(type)] : [.. variants.Select(v => Mapping(v.Type))];
        if (type.GetCustomAttribute<OptionShorthandAttribute>() is { } shorthand)
            forms.Add(Shorthand(type, shorthand.Key));
        return forms.Count == 1 ? forms[0] : AnyOf(forms);
    }

    private JsonObject Mapping(Type type)
    {
        var defaults = Activator.CreateInstance(type);
        JsonObject properties = [];
        JsonArray required = [];
        if (OptionTypes.VariantOf(type) is { } own)
        {
            properties[own.Variants.Key] = new JsonObject { ["const"] = own.Variant.Name };
            if (!IsPartial && own.Variants.Default != own.Variant.Name)
                required.Add(own.Variants.Key);
        }
        foreach (var option in OptionTypes.Properties(type))
        {
            properties[option.Key] = Described(option, defaults);
            if (!IsPartial && option.IsRequired)
                required.Add(option.Key);
        }
        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required, ["additionalProperties"] = false };
    }

    private JsonObject Described(OptionProperty option, object? defaults)
    {
        var schema = Property(option);
        if (option.IsNullable)
            schema = AnyOf([schema, new JsonObject { ["type"] = "null" }]);
        if (OptionsSchema.Summary(option.Property) is { Length: > 0 } summary)
            schema["description"] = summary;
        if (!option.IsRequired && defaults is not null && option.Property.GetValue(defaults) is { } value)
            schema["default"] = OptionsWriter.Value(value).ToJson();
        return schema;
    }

    private JsonObject Property(OptionProperty option) =>
        names(option.Property) is { } known ? OneOf(known) : Value(option.Type, option.Rules);

    private JsonObject Value(Type declared, OptionRules rules)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (typeof(OptionNode).IsAssignableFrom(type))
            return type == typeof(OptionMapping) ? new() { ["type"] = "object" } : type == typeof(OptionList) ? new() { ["type"] = "array" } : [];
        if (OptionTypes.IsCustom(type))
            return custom(type);
        if (OptionTypes.ItemType(type) is { } item)
        {
            var list = new JsonObject { ["type"] = "array", ["items"] = Value(item, rules.ForItems()) };
            rules.LimitLength(list);
            return list;
        }
        return OptionTypes.IsRecord(type) ? Of(type) : Scalar(type, rules);
    }

    private static JsonObject Scalar(Type type, OptionRules rules)
    {
        if (rules.Values() is { } values)
            return new JsonObject { ["enum"] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]) };
        if (type.IsEnum)
            return OneOf(OptionTypes.EnumNames(type));
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (!OptionTypes.IsNumber(type))
            return new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") }; // a text needs no quotes in YAML, even if it looks like a number
        var number = new JsonObject { ["type"] = type == typeof(int) || type == typeof(long) ? "integer" : "number" };
        rules.LimitRange(number);
        return number;
    }

    // A variant whose other options all have defaults can stand there as its name alone.
    private JsonObject Shorthand(Type type, string key) => OptionTypes.VariantsOf(type, Variants) is { Count: > 0 } variants
        ? OneOf(variants.Where(v => OptionTypes.Properties(v.Type).All(o => !o.IsRequired)).Select(v => v.Name))
        : Property(OptionTypes.Properties(type).Single(o => o.Key == key));

    private static JsonObject OneOf(IEnumerable<string> texts) => new() { ["enum"] = new JsonArray([.. texts.Select(t => JsonValue.Create(t))]) };

    private static JsonObject AnyOf(IEnumerable<JsonObject> forms) => new() { ["anyOf"] = new JsonArray([.. forms]) };
}
