using System.Globalization;
using System.Reflection;

namespace Retort.Distillation.Options;

/// <summary>One walk over a tree of nodes, which collects faults on its way. A value that has a fault comes back as null.</summary>
/// <param name="further">Variants that their abstract types do not list.</param>
internal sealed class BindingPass(IReadOnlyList<Type> further)
{
    private static readonly MethodInfo CustomMethod = typeof(BindingPass).GetMethod(nameof(Custom), BindingFlags.Instance | BindingFlags.NonPublic)!;
    private static readonly MethodInfo ParsedMethod = typeof(BindingPass).GetMethod(nameof(Parsed), BindingFlags.Instance | BindingFlags.NonPublic)!;

    public List<OptionFault> Faults { get; } = [];

    public object? Value(Type declared, OptionNode node, string path, OptionRules rules)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (typeof(OptionNode).IsAssignableFrom(type))
            return type.IsInstanceOfType(node) ? node : Refuse(node, path, rules.Describe(type));
        if (OptionTypes.IsCustom(type))
            return CustomMethod.MakeGenericMethod(type).Invoke(this, BindingFlags.DoNotWrapExceptions, null, [node, path], CultureInfo.InvariantCulture);
        if (OptionTypes.ItemType(type) is { } item)
            return List(type, item, node, path, rules);
        return OptionTypes.IsRecord(type) ? RecordOrVariant(type, node, path) : Scalar(type, node, path, rules);
    }

    private object? Scalar(Type type, OptionNode node, string path, OptionRules rules)
    {
        if (node is not OptionScalar scalar || scalar.Kind == OptionScalarKind.Null)
            return Refuse(node, path, rules.Describe(type));
        object? value;
        if (type == typeof(string))
            value = scalar.Text;
        else if (type == typeof(bool))
            value = scalar.Kind == OptionScalarKind.Boolean ? scalar.Text[0] is 't' or 'T' : null;
        else if (OptionTypes.IsNumber(type))
            value = Number(type, scalar);
        else if (type.IsEnum)
            value = Enum.GetValues(type).Cast<Enum>().FirstOrDefault(e => OptionTypes.EnumName(e) == scalar.Text);
        else
            return ParsedMethod.MakeGenericMethod(type).Invoke(this, BindingFlags.DoNotWrapExceptions, null, [scalar, path], CultureInfo.InvariantCulture);
        return value is null ? Refuse(node, path, rules.Describe(type), Near(type, scalar, rules)) : value;
    }

    private static object? Number(Type type, OptionScalar scalar)
    {
        if (scalar.Kind is not (OptionScalarKind.Integer or OptionScalarKind.Float))
            return null;
        if (type == typeof(int))
            return int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) || !double.IsFinite(real))
            return null;
        return type == typeof(float) ? (float)real : real;
    }

    private object? List(Type type, Type item, OptionNode node, string path, OptionRules rules)
    {
        if (node is not OptionList list)
            return Refuse(node, path, rules.Describe(type));
        var before = Faults.Count;
        var items = Array.CreateInstance(item, list.Items.Count);
        for (var i = 0; i < items.Length; i++)
            items.SetValue(Value(item, list.Items[i], $"{path}.{i}", rules.ForItems()), i);
        if (Faults.Count > before)
            return null;
        if (type.IsArray)
            return items;
        var made = type == typeof(List<>).MakeGenericType(item) ? type : typeof(ValueList<>).MakeGenericType(item);
        return made == type && type.GetGenericTypeDefinition() == typeof(List<>)
            ? Activator.CreateInstance(type, items)
            : made.GetMethod("From", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [items]);
    }

    private object? RecordOrVariant(Type type, OptionNode node, string path)
    {
        if (type.GetCustomAttribute<OptionShorthandAttribute>() is { } shorthand && node is OptionScalar { Kind: not OptionScalarKind.Null })
            node = new OptionMapping([new OptionEntry(shorthand.Key, node.Location, node)], node.Location);
        if (node is not OptionMapping mapping)
            return Refuse(node, path, OptionRules.None.Describe(type));
        if (OptionTypes.VariantOf(type) is { } own)
            return Record(type, mapping.Without(own.Variants.Key), path, own.Variant.Name);
        if (OptionTypes.Variants(type) is not { } variants)
            return Record(type, mapping, path, variant: null);

        var known = OptionTypes.VariantsOf(type, further);
        var keyPath = Join(path, variants.Key);
        var named = mapping[variants.Key];
        var name = named is null ? variants.Default : (named as OptionScalar)?.Text;
        if (known.FirstOrDefault(v => v.Name == name) is { } variant)
            return Record(variant.Type, WithoutFirst(mapping, variants.Key), path, variant.Name);
        var names = known.Select(v => v.Name);
        if (named is not null)
            return Refuse(named, keyPath, OptionTypes.Choice(names), name is null ? null : NearestName.Find(name, names));
        return Missing(mapping, keyPath, OptionTypes.Choice(names));
    }

    // A second one stays, for Record to refuse.
    private static OptionMapping WithoutFirst(OptionMapping mapping, string key)
    {
        List<OptionEntry> entries = [.. mapping.Entries];
        var at = entries.FindIndex(e => e.Key == key);
        if (at >= 0)
            entries.RemoveAt(at);
        return new OptionMapping(entries, mapping.Location);
    }

    private object? Record(Type type, OptionMapping mapping, string path, string? variant)
    {
        var before = Faults.Count;
        var made = Activator.CreateInstance(type) ?? throw new InvalidOperationException($"{type} has no constructor without parameters.");
        var options = OptionTypes.Properties(type);
        Dictionary<string, OptionEntry> seen = [];
        foreach (var entry in mapping.Entries)
        {
            var keyPath = Join(path, entry.Key);
            if (options.FirstOrDefault(o => o.Key == entry.Key) is not { } option)
                Faults.Add(UnknownKey(type, entry, path, variant, options));
            else if (!seen.TryAdd(entry.Key, entry))
                Faults.Add(Twice(entry, keyPath, seen[entry.Key]));
            else
                Set(made, option, entry.Value, keyPath);
        }
        foreach (var option in options.Where(o => o.IsRequired && !seen.ContainsKey(o.Key)))
            Missing(mapping, Join(path, option.Key), option.Allowed);
        if (Faults.Count == before && made is IValidatableOptions validatable)
            Faults.AddRange(validatable.Validate().Select(p => Fault(p, options, seen, mapping, path)));
        return Faults.Count == before ? made : null;
    }

    private void Set(object made, OptionProperty option, OptionNode node, string path)
    {
        if (option.IsNullable && node is OptionScalar { Kind: OptionScalarKind.Null })
        {
            option.Property.SetValue(made, null);
            return;
        }
        if (Value(option.Type, node, path, option.Rules) is not { } value)
            return;
        if (option.Rules.Accepts(value, out var reason))
            option.Property.SetValue(made, value);
        else
            Refuse(node, path, reason ?? option.Allowed, node is OptionScalar scalar ? Near(option.Type, scalar, option.Rules) : null);
    }

    private T? Custom<T>(OptionNode node, string path) where T : ICustomOption<T>
    {
        try
        {
            return T.FromNode(node, path);
        }
        catch (OptionsException refused)
        {
            Faults.AddRange(refused.Faults);
            return default;
        }
    }

    private object? Parsed<T>(OptionScalar scalar, string path) where T : IParsable<T>
    {
        try
        {
            return T.Parse(scalar.Text, CultureInfo.InvariantCulture);
        }
        catch (Exception refused) when (refused is FormatException or OverflowException)
        {
            return Refuse(scalar, path, refused.Message.TrimEnd('.'));
        }
    }

    private object? Refuse(OptionNode node, string path, string allowed, IReadOnlyList<string>? near = null)
    {
        Faults.Add(OptionFault.WrongValue(node, path, allowed, near));
        return null;
    }

    private object? Missing(OptionMapping mapping, string path, string allowed)
    {
        Faults.Add(new OptionFault
        {
            Location = mapping.Location,
            Key = path,
            Allowed = allowed,
            Text = $"'{path}' is missing: add it, it must be {allowed}.",
        });
        return null;
    }

    private static IReadOnlyList<string>? Near(Type type, OptionScalar scalar, OptionRules rules) =>
        type.IsEnum ? NearestName.Find(scalar.Text, OptionTypes.EnumNames(type))
        : rules.Values() is { } values ? NearestName.Find(scalar.Text, values.OfType<string>())
        : null;

    private static OptionFault UnknownKey(Type type, OptionEntry entry, string path, string? variant, IReadOnlyList<OptionProperty> options)
    {
        List<string> known = [.. options.Select(o => o.Key)];
        if (OptionTypes.VariantOf(type) is { } own)
            known.Insert(0, own.Variants.Key);
        var where = (path.Length > 0 ? $" in '{path}'" : "") + (variant is null ? "" : $" for {variant}");
        var question = NearestName.Question(entry.Key, known);
        return new OptionFault
        {
            Location = entry.Location,
            Key = Join(path, entry.Key),
            Allowed = OptionTypes.Choice(known),
            Suggestions = NearestName.Find(entry.Key, known),
            Text = $"unknown key '{entry.Key}'{where}.{(question.Length > 0 ? $" {question}" : "")} "
                   + (known.Count > 0 ? $"Known keys: {string.Join(", ", known)}." : "There are no keys to set."),
        };
    }

    private static OptionFault Twice(OptionEntry entry, string path, OptionEntry first) => new()
    {
        Location = entry.Location,
        Key = path,
        Text = $"'{path}' is given twice{(first.Location == entry.Location ? "" : $", first at {first.Location}")}: keep one of them.",
    };

    private static OptionFault Fault(
        OptionProblem problem, IReadOnlyList<OptionProperty> options, Dictionary<string, OptionEntry> seen, OptionMapping mapping, string path)
    {
        var key = options.FirstOrDefault(o => o.Property.Name == problem.Property)?.Key
                  ?? throw new InvalidOperationException($"{problem.Property} is no option.");
        var keyPath = Join(path, key);
        return new OptionFault
        {
            Location = seen.TryGetValue(key, out var entry) ? entry.Value.Location : mapping.Location,
            Key = keyPath,
            Value = (entry?.Value as OptionScalar)?.Text,
            Text = $"'{keyPath}' {problem.Text}.",
        };
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
