using System.Reflection;

namespace Retort.Distillation;

/// <summary>The methods that recipes can name: every class with a <see cref="MethodAttribute"/>.</summary>
public sealed class MethodRegistry
{
    private readonly SortedDictionary<string, MethodEntry> _entries = new(StringComparer.Ordinal);

    /// <summary>Registers those of the types that have a <see cref="MethodAttribute"/>.</summary>
    /// <param name="types">As those of Retort and of an assembly of your own.</param>
    /// <exception cref="InvalidOperationException">Two classes have one name, or a class is no <see cref="Method{TOptions}"/> made of its options.</exception>
    public MethodRegistry(params IEnumerable<Type> types)
    {
        foreach (Type type in types)
        {
            if (type.GetCustomAttribute<MethodAttribute>() is { } attribute)
                Register(type, attribute);
        }
    }

    /// <summary>The methods that come with Retort.</summary>
    public static MethodRegistry Default { get; } = new(typeof(MethodRegistry).Assembly.GetTypes());

    /// <summary>All entries, by name.</summary>
    public IReadOnlyCollection<MethodEntry> Entries => _entries.Values;

    /// <summary>The entry of a method.</summary>
    /// <exception cref="UnknownNameException">There is no such method.</exception>
    public MethodEntry Find(string name) => _entries.TryGetValue(name, out MethodEntry? entry)
        ? entry
        : throw new UnknownNameException("method", name, _entries.Keys, "retort list methods");

    private void Register(Type type, MethodAttribute attribute)
    {
        Type? options = null;
        for (Type? t = type; t is not null && options is null; t = t.BaseType)
        {
            if (t.IsGenericType && t.GetGenericTypeDefinition() == typeof(Method<>))
                options = t.GetGenericArguments()[0];
        }

        if (options is null)
            throw new InvalidOperationException($"{type} has [Method(\"{attribute.Name}\")] but does not derive from Method<TOptions>.");
        if (type.GetConstructor([options]) is null)
            throw new InvalidOperationException($"{type} is the method \"{attribute.Name}\" but has no public constructor that takes {options.Name}.");
        var entry = new MethodEntry(attribute.Name, attribute.Title, attribute.Paper, attribute.Summary, type, options)
        {
            Weight = double.IsNaN(attribute.Weight) ? null : attribute.Weight,
            CrossEntropy = attribute.CrossEntropy,
            TrainsTeacher = attribute.TrainsTeacher,
            IsBaseline = attribute.IsBaseline,
        };
        if (!_entries.TryAdd(attribute.Name, entry))
            throw new InvalidOperationException($"{type} and {_entries[attribute.Name].Type} are both registered as the method \"{attribute.Name}\".");
    }
}
