namespace Retort.Torch.Serialization;

/// <summary>Checks of shapes that a file claims.</summary>
internal static class SavedShape
{
    /// <summary>Operators of libtorch take no more dimensions.</summary>
    public const int MostDimensions = 64;

    /// <summary>
    /// The number of elements; null when a length is negative or their product cannot be counted, also where a zero among them hides that.
    /// </summary>
    public static long? Count(IReadOnlyList<long> shape)
    {
        Int128 product = 1;
        bool empty = false;
        foreach (long length in shape)
        {
            if (length < 0)
                return null;
            empty |= length == 0;
            product *= Math.Max(length, 1);
            if (product > long.MaxValue / 16)
                return null;
        }

        return empty ? 0 : (long)product;
    }

    public static string Text(IReadOnlyList<long> shape) =>
        $"[{string.Join(", ", shape.Take(8))}{(shape.Count > 8 ? ", …" : "")}]";
}
