using System.Collections;
using System.Globalization;

namespace Retort.Distillation.Options;

/// <summary>Turns an options record back into nodes: every option with its value, defaults too. Null options are left out.</summary>
public static class OptionsWriter
{
    /// <summary>Writes a record; <see cref="OptionsBinder"/> makes an equal one of the result.</summary>
    /// <param name="options">The record.</param>
    public static OptionMapping Write(object options)
    {
        List<OptionEntry> entries = [];
        if (OptionTypes.VariantOf(options.GetType()) is { } own)
            entries.Add(new OptionEntry(own.Variants.Key, "", Text(own.Variant.Name)));
        foreach (var option in OptionTypes.Properties(options.GetType()))
        {
            if (option.Property.GetValue(options) is { } value)
                entries.Add(new OptionEntry(option.Key, "", Value(value)));
        }
        return new OptionMapping(entries);
    }

    internal static OptionNode Value(object value) => value switch
    {
        OptionNode node => node,
        bool truth => Plain(truth ? "true" : "false"),
        int or long => Plain(string.Create(CultureInfo.InvariantCulture, $"{value}")),
        float or double => Plain(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture)),
        string text => Text(text),
        Enum name => Text(OptionTypes.EnumName(name)),
        _ when OptionTypes.IsCustom(value.GetType()) => Custom(value),
        _ when OptionTypes.IsParsable(value.GetType()) => Plain(value.ToString()!),
        IEnumerable list => new OptionList([.. list.Cast<object>().Select(Value)]),
        _ => Write(value),
    };

    private static OptionNode Custom(object value) =>
        (OptionNode)value.GetType().GetMethod(nameof(ICustomOption<>.ToNode))!.Invoke(value, null)!;

    private static OptionScalar Plain(string text) => new(text, quoted: false);

    private static OptionScalar Text(string text) => new(text, quoted: true);
}
