namespace Retort.Torch.Serialization;

/// <summary>Names of element types in a <c>.safetensors</c> header.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, DType Type)[] All =
    [
        ("F64", DType.Float64), ("F32", DType.Float32), ("F16", DType.Float16), ("BF16", DType.BFloat16), ("I64", DType.Int64),
        ("I32", DType.Int32), ("I16", DType.Int16), ("I8", DType.Int8), ("U8", DType.UInt8), ("BOOL", DType.Bool),
    ];

    public static string Known => string.Join(", ", All.Select(t => t.Name));

    public static DType? Parse(string? name)
    {
        foreach (var (known, type) in All)
        {
            if (known == name)
                return type;
        }

        return null;
    }

    public static string Name(DType type)
    {
        foreach (var (name, known) in All)
        {
            if (known == type)
                return name;
        }

        throw new ArgumentOutOfRangeException(nameof(type), type, $"Files hold {Known}.");
    }
}
