namespace Retort.Torch.Serialization;

/// <summary>PyTorch's storage classes: the elements they hold, and the bytes of each.</summary>
internal static class StorageTypes
{
    /// <summary>The element type (null: one that Retort does not have) and its size; null: no storage class.</summary>
    public static (DType? Type, int Size)? Parse(PickledObject storage)
    {
        const string suffix = "Storage";
        if (!storage.IsGlobal || !storage.Name.EndsWith(suffix, StringComparison.Ordinal))
            return null;
        return storage.Name[..^suffix.Length] switch
        {
            "torch.Double" or "torch.cuda.Double" => (DType.Float64, 8),
            "torch.Float" or "torch.cuda.Float" => (DType.Float32, 4),
            "torch.Half" or "torch.cuda.Half" => (DType.Float16, 2),
            "torch.BFloat16" or "torch.cuda.BFloat16" => (DType.BFloat16, 2),
            "torch.Long" or "torch.cuda.Long" => (DType.Int64, 8),
            "torch.Int" or "torch.cuda.Int" => (DType.Int32, 4),
            "torch.Short" or "torch.cuda.Short" => (DType.Int16, 2),
            "torch.Char" or "torch.cuda.Char" => (DType.Int8, 1),
            "torch.Byte" or "torch.cuda.Byte" => (DType.UInt8, 1),
            "torch.Bool" or "torch.cuda.Bool" => (DType.Bool, 1),
            "torch.ComplexFloat" or "torch.cuda.ComplexFloat" => (null, 8),
            "torch.ComplexDouble" or "torch.cuda.ComplexDouble" => (null, 16),
            "torch.QInt8" or "torch.QUInt8" or "torch.QUInt4x2" or "torch.QUInt2x4" => (null, 1),
            "torch.QInt32" => (null, 4),
            "torch.storage.Untyped" or "torch.Untyped" => (null, 1),
            _ => null,
        };
    }

    /// <summary>The storage class of an element type, below Python's module <c>torch</c>.</summary>
    public static string Name(DType type) => type switch
    {
        DType.Float64 => "DoubleStorage",
        DType.Float32 => "FloatStorage",
        DType.Float16 => "HalfStorage",
        DType.BFloat16 => "BFloat16Storage",
        DType.Int64 => "LongStorage",
        DType.Int32 => "IntStorage",
        DType.Int16 => "ShortStorage",
        DType.Int8 => "CharStorage",
        DType.UInt8 => "ByteStorage",
        DType.Bool => "BoolStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "PyTorch has no storage class of these elements."),
    };
}
