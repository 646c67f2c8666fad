using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Retort.Distillation.Options;

/// <summary>Lists the options of a record: for <c>retort show</c>, and for an editor's schema.</summary>
public static partial class OptionsSchema
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> Summaries = new();

    /// <summary>The options of a record, in the order in which a resolved recipe has them.</summary>
    /// <param name="type">The record's type.</param>
    public static IReadOnlyList<OptionDescription> Describe(Type type)
    {
        var defaults = type.IsAbstract ? null : Activator.CreateInstance(type);
        return [.. OptionTypes.Properties(type).Select(option => Describe(option, defaults))];
    }

    private static OptionDescription Describe(OptionProperty option, object? defaults)
    {
        var type = Nullable.GetUnderlyingType(option.Type) ?? option.Type;
        var inner = OptionTypes.ItemType(type) ?? type;
        var variants = OptionTypes.Variants(inner);
        var value = option.IsRequired || defaults is null ? null : option.Property.GetValue(defaults);
        return new OptionDescription
        {
            Key = option.Key,
            ValueType = option.Type,
            Allowed = option.Allowed,
            IsRequired = option.IsRequired,
            Default = value is null ? null : OptionsWriter.Value(value),
            Summary = Summary(option.Property),
            Options = OptionTypes.IsRecord(inner) && variants is null ? Describe(inner) : [],
            VariantKey = variants?.Key,
            Variants = [.. OptionTypes.VariantsOf(inner).Select(v => KeyValuePair.Create(v.Name, Describe(v.Type)))],
        };
    }

    // The compiler writes the documentation beside the assembly; a program published without it only loses the descriptions.
    internal static string Summary(PropertyInfo property)
    {
        var owner = property.DeclaringType!;
        var texts = Summaries.GetOrAdd(owner.Assembly, static assembly =>
        {
            var file = Path.ChangeExtension(assembly.Location, ".xml");
            return File.Exists(file)
                ? XDocument.Load(file).Descendants("member").Where(m => m.Element("summary") is not null)
                    .ToDictionary(m => (string)m.Attribute("name")!, m => Plain(m.Element("summary")!))
                : [];
        });
        return texts.GetValueOrDefault($"P:{owner.FullName?.Replace('+', '.')}.{property.Name}", "");
    }

    private static string Plain(XElement summary)
    {
        foreach (var reference in summary.Descendants().Where(e => e.Attribute("cref") is not null && e.Value.Length == 0).ToList())
            reference.ReplaceWith(((string)reference.Attribute("cref")!).Split('.')[^1]);
        return Spaces.Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Spaces { get; }
}
