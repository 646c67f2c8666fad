namespace Retort.Distillation.Options;

/// <summary>Lets <c>[1, 2]</c> make a <see cref="ValueList{T}"/>.</summary>
public static class ValueList
{
    /// <summary>Makes a list with a copy of the items.</summary>
    /// <typeparam name="T">Type of an item.</typeparam>
    /// <param name="items">The items.</param>
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => new(items);
}
