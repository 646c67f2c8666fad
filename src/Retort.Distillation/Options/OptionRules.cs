using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Retort.Distillation.Options;

/// <summary>
/// The validation attributes of an option. Ranges and allowed values of a list hold for each of its items. Ranges are compared as
/// real numbers: <c>[Range(0, 1)]</c> on a double would otherwise round 1.4 to 1 and accept it.
/// </summary>
internal sealed class OptionRules(IReadOnlyList<ValidationAttribute> attributes)
{
    public static OptionRules None { get; } = new([]);

    /// <summary>The rules that an item of the list must keep by itself.</summary>
    public OptionRules ForItems() => new([.. attributes.Where(a => a is RangeAttribute or AllowedValuesAttribute)]);

    /// <summary>What is allowed, as "a whole number of at least 1".</summary>
    public string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (OptionTypes.ItemType(type) is { } item)
            return $"a list of {Count()}{Describe(item) switch { var one when one.StartsWith("one of", StringComparison.Ordinal) => $"values, each {one}", var one => Plural(one) }}";
        if (Values() is { } values)
            return OptionTypes.Choice(values.Select(v => $"{v}"));
        if (type == typeof(bool))
            return "true or false";
        if (type == typeof(int) || type == typeof(long))
            return $"a whole number{Range()}";
        if (OptionTypes.IsNumber(type))
            return $"a number{Range()}";
        if (type.IsEnum)
            return OptionTypes.Choice(OptionTypes.EnumNames(type));
        if (OptionTypes.IsCustom(type))
            return (string)type.GetProperty("Form", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        return OptionTypes.IsParsable(type) ? type.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "a text" : Mapping(type);
    }

    /// <summary>Whether a value of the right type keeps the rules; if not, what it should have been.</summary>
    public bool Accepts(object value, out string? reason)
    {
        reason = null;
        foreach (var rule in attributes)
        {
            var good = rule switch
            {
                RangeAttribute range => Items(value).All(v => InRange(range, Convert.ToDouble(v))),
                AllowedValuesAttribute allowed => Items(value).All(v => IsAllowed(allowed, v)),
                _ => rule.IsValid(value),
            };
            if (good)
                continue;
            if (rule is not (RangeAttribute or AllowedValuesAttribute or MinLengthAttribute or MaxLengthAttribute or LengthAttribute))
                reason = rule.ErrorMessage;
            return false;
        }
        return true;
    }

    public IReadOnlyList<object?>? Values() => attributes.OfType<AllowedValuesAttribute>().FirstOrDefault()?.Values;

    /// <summary>Adds the range to a JSON schema of a number.</summary>
    public void LimitRange(JsonObject schema)
    {
        if (attributes.OfType<RangeAttribute>().FirstOrDefault() is not { } range)
            return;
        var (low, high) = Bounds(range);
        if (!IsOpenEnded(-low))
            schema[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = low;
        if (!IsOpenEnded(high))
            schema[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = high;
    }

    /// <summary>Adds the number of items to a JSON schema of a list.</summary>
    public void LimitLength(JsonObject schema)
    {
        foreach (var rule in attributes)
        {
            (int? Least, int? Most) limits = rule switch
            {
                LengthAttribute length => (length.MinimumLength, length.MaximumLength),
                MinLengthAttribute min => (min.Length, null),
                MaxLengthAttribute max => (null, max.Length),
                _ => (null, null),
            };
            if (limits.Least is { } minimum)
                schema["minItems"] = minimum;
            if (limits.Most is { } maximum)
                schema["maxItems"] = maximum;
        }
    }

    private static IEnumerable<object?> Items(object value) => value is IEnumerable list and not string ? list.Cast<object?>() : [value];

    private static bool InRange(RangeAttribute range, double value)
    {
        var (low, high) = Bounds(range);
        return (range.MinimumIsExclusive ? value > low : value >= low) && (range.MaximumIsExclusive ? value < high : value <= high);
    }

    private static (double Low, double High) Bounds(RangeAttribute range) => (Convert.ToDouble(range.Minimum), Convert.ToDouble(range.Maximum));

    private static bool IsAllowed(AllowedValuesAttribute allowed, object? value) => Array.Exists(allowed.Values, a =>
        Equals(a, value) || (a is not null and not string && value is not null and not string && Convert.ToDouble(a) == Convert.ToDouble(value)));

    private static bool IsOpenEnded(double high) => high >= int.MaxValue;

    private string Range()
    {
        if (attributes.OfType<RangeAttribute>().FirstOrDefault() is not { } range)
            return "";
        var (low, high) = Bounds(range);
        var below = IsOpenEnded(high) ? "" : range.MaximumIsExclusive ? $"below {high}" : $"at most {high}";
        var above = IsOpenEnded(-low) ? "" : range.MinimumIsExclusive ? $"above {low}" : $"of at least {low}";
        return (above, below) switch
        {
            ("", "") => "",
            ("", _) => below.StartsWith("at", StringComparison.Ordinal) ? $" of {below}" : $" {below}",
            (_, "") => $" {above}",
            _ when !range.MinimumIsExclusive && !range.MaximumIsExclusive => $" between {low} and {high}",
            _ => $" {above} and {below}",
        };
    }

    private string Count()
    {
        foreach (var rule in attributes)
        {
            var text = rule switch
            {
                LengthAttribute length when length.MinimumLength == length.MaximumLength => $"{length.MinimumLength} ",
                LengthAttribute length => $"{length.MinimumLength} to {length.MaximumLength} ",
                MinLengthAttribute min => $"{min.Length} or more ",
                MaxLengthAttribute max => $"at most {max.Length} ",
                _ => null,
            };
            if (text is not null)
                return text;
        }
        return "";
    }

    private static string Plural(string one) => one switch
    {
        "a text" => "texts",
        "true or false" => "values, each true or false",
        _ when one.StartsWith("a whole number", StringComparison.Ordinal) => $"whole numbers{one["a whole number".Length..]}",
        _ when one.StartsWith("a number", StringComparison.Ordinal) => $"numbers{one["a number".Length..]}",
        _ when one.StartsWith("a mapping", StringComparison.Ordinal) => $"mappings{one["a mapping".Length..]}",
        _ => $"values, each {one}",
    };

    private static string Mapping(Type type)
    {
        if (typeof(OptionList).IsAssignableFrom(type))
            return "a list";
        if (type == typeof(OptionNode))
            return "any value";
        var shorthand = type.GetCustomAttribute<OptionShorthandAttribute>()?.Key;
        return shorthand is null ? "a mapping" : $"a mapping or its '{shorthand}' alone";
    }
}
