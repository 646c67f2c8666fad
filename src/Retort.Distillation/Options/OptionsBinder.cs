namespace Retort.Distillation.Options;

/// <summary>
/// Makes options records from what was written. Keys are the property names in snake_case; what is left out keeps the record's
/// default. Unknown keys, keys given twice, values of another type or outside what the validation attributes allow are refused,
/// all faults at once. Values are never cast: 1.5 or "1" is no whole number, yes is no truth value.
/// </summary>
public static class OptionsBinder
{
    /// <summary>Makes a record.</summary>
    /// <typeparam name="T">A record with public init properties and a constructor without parameters.</typeparam>
    /// <param name="node">A mapping.</param>
    /// <param name="path">Path of the mapping for errors, as "distill.kd"; empty at the top.</param>
    /// <param name="variants">Variants that their abstract records do not list, each with an <see cref="OptionVariantNameAttribute"/>.</param>
    /// <exception cref="OptionsException">Something is wrong; it lists every fault.</exception>
    public static T Bind<T>(OptionNode node, string path = "", IReadOnlyList<Type>? variants = null) where T : notnull =>
        (T)Bind(typeof(T), node, path, variants);

    /// <summary>Makes a record of a type that is known at run time only, as a method's options are.</summary>
    /// <param name="type">A record with public init properties and a constructor without parameters.</param>
    /// <param name="node">A mapping.</param>
    /// <param name="path">Path of the mapping for errors, as "distill.kd"; empty at the top.</param>
    /// <param name="variants">Variants that their abstract records do not list, each with an <see cref="OptionVariantNameAttribute"/>.</param>
    /// <exception cref="OptionsException">Something is wrong; it lists every fault.</exception>
    public static object Bind(Type type, OptionNode node, string path = "", IReadOnlyList<Type>? variants = null)
    {
        var pass = new BindingPass(variants ?? []);
        var bound = pass.Value(type, node, path, OptionRules.None);
        return pass.Faults.Count == 0 ? bound! : throw new OptionsException(pass.Faults);
    }
}
