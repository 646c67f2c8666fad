using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Retort.Distillation.Options;

/// <summary>What an options type looks like from a recipe: its keys, its variants, how its type is called.</summary>
internal static class OptionTypes
{
    private static readonly ConcurrentDictionary<Type, IReadOnlyList<OptionProperty>> Cache = new();

    /// <summary>The options of a record: its own first, then those it inherits, each in the order of declaration.</summary>
    public static IReadOnlyList<OptionProperty> Properties(Type record) => Cache.GetOrAdd(record, static type =>
    {
        var nullability = new NullabilityInfoContext();
        List<OptionProperty> properties = [];
        for (var owner = type; owner is not null && owner != typeof(object); owner = owner.BaseType)
        {
            var declared = owner.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0 && !p.IsDefined(typeof(JsonIgnoreAttribute)))
                .OrderBy(p => p.MetadataToken);
            foreach (var property in declared)
            {
                if (!properties.Exists(p => p.Property.Name == property.Name))
                    properties.Add(new OptionProperty(property, nullability));
            }
        }
        return properties;
    });

    public static OptionVariantsAttribute? Variants(Type type) => type.GetCustomAttribute<OptionVariantsAttribute>();

    public static IReadOnlyList<OptionVariantAttribute> VariantsOf(Type type) => [.. type.GetCustomAttributes<OptionVariantAttribute>()];

    /// <summary>The variants that an abstract type lists, and those of some others that are its variants.</summary>
    public static IReadOnlyList<OptionVariantAttribute> VariantsOf(Type type, IEnumerable<Type> further)
    {
        List<OptionVariantAttribute> variants = [.. VariantsOf(type)];
        foreach (Type own in further.Where(own => type.IsAssignableFrom(own) && !variants.Exists(v => v.Type == own)))
        {
            OptionVariantAttribute variant = VariantOf(own)!.Value.Variant;
            if (variants.Find(v => v.Name == variant.Name) is { } same)
                throw new InvalidOperationException($"{own.Name} and {same.Type.Name} are both the {type.Name} \"{variant.Name}\": give one of them another name.");
            variants.Add(variant);
        }

        return variants;
    }

    /// <summary>The abstract type that this one is a variant of, and the variant; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">It is a variant without a name.</exception>
    public static (OptionVariantsAttribute Variants, OptionVariantAttribute Variant)? VariantOf(Type type)
    {
        for (var parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (Variants(parent) is not { } variants)
                continue;
            return VariantsOf(parent).FirstOrDefault(v => v.Type == type) is { } listed ? (variants, listed)
                : type.GetCustomAttribute<OptionVariantNameAttribute>() is { } own ? (variants, new OptionVariantAttribute(own.Name, type))
                : throw new InvalidOperationException($"{type.Name} is a {parent.Name}, but has no name for recipes: put [OptionVariantName(\"...\")] on it.");
        }
        return null;
    }

    /// <summary>The items' type when the type is a list that the binder can make; else null.</summary>
    public static Type? ItemType(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        if (!type.IsGenericType)
            return null;
        var item = type.GetGenericArguments()[0];
        return type == typeof(List<>).MakeGenericType(item) || type.IsAssignableFrom(typeof(ValueList<>).MakeGenericType(item)) ? item : null;
    }

    public static bool IsCustom(Type type) => Implements(type, typeof(ICustomOption<>));

    public static bool IsParsable(Type type) => !type.IsEnum && Implements(type, typeof(IParsable<>));

    public static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(float);

    public static bool IsRecord(Type type) =>
        type.IsClass && type != typeof(string) && !typeof(OptionNode).IsAssignableFrom(type) && !IsCustom(type) && !IsParsable(type)
        && ItemType(type) is null;

    public static string EnumName(Enum value)
    {
        var name = value.ToString();
        var field = value.GetType().GetField(name);
        return field?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
    }

    public static IReadOnlyList<string> EnumNames(Type type) => [.. Enum.GetValues(type).Cast<Enum>().Select(EnumName)];

    public static string Choice(IEnumerable<string> names) => string.Join(", ", names) is var all && all.Contains(',', StringComparison.Ordinal)
        ? $"one of {all}"
        : all;

    private static bool Implements(Type type, Type contract) =>
        Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == contract && i.GetGenericArguments()[0] == type);
}
