using System.Runtime.InteropServices;

namespace Retort.Torch.Native;

/// <summary>What a <see cref="BridgeValue"/> holds; the numbers are those of <c>retort_tag</c> in native/retort.h.</summary>
internal enum BridgeTag : uint
{
    None = 0,
    Default = 1,
    Tensor = 2,
    Int = 3,
    Double = 4,
    Bool = 5,
    String = 6,
    IntList = 7,
    DoubleList = 8,
    BoolList = 9,
    TensorList = 10,
    OptionalTensorList = 11,
    Device = 12,
    Generator = 13,
    Object = 14,
}

/// <summary>One value on the dispatcher's stack: 16 bytes, as <c>retort_value</c> in native/retort.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct BridgeValue
{
    [FieldOffset(0)] public BridgeTag Tag;
    [FieldOffset(4)] public uint Length;
    [FieldOffset(8)] public long Integer;
    [FieldOffset(8)] public double Real;
    [FieldOffset(8)] public nint Pointer;

    public static BridgeValue Default => new() { Tag = BridgeTag.Default };

    public static BridgeValue Of(Tensor? tensor) =>
        tensor is null ? default : new() { Tag = BridgeTag.Tensor, Pointer = tensor.Handle };

    public static BridgeValue Of(long value) => new() { Tag = BridgeTag.Int, Integer = value };

    public static BridgeValue Of(double value) => new() { Tag = BridgeTag.Double, Real = value };

    public static BridgeValue Of(bool value) => new() { Tag = BridgeTag.Bool, Integer = value ? 1 : 0 };

    public static BridgeValue Of(Scalar value) => value.ToBridge();

    public static BridgeValue Of(DType value) => Of((long)value);

    public static BridgeValue Of(MemoryFormat value) => Of((long)value);

    public static BridgeValue Of(Device value) => new() { Tag = BridgeTag.Device, Integer = value.Encoded };

    public static BridgeValue Of(Generator? value) =>
        value is null ? default : new() { Tag = BridgeTag.Generator, Pointer = value.Handle };

    public static BridgeValue Of(long? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(double? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(bool? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(Scalar? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(DType? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(MemoryFormat? value) => value is { } v ? Of(v) : default;

    public static BridgeValue Of(Device? value) => value is { } v ? Of(v) : default;

    /// <summary>A list; the caller keeps its memory pinned for the call.</summary>
    public static BridgeValue List(BridgeTag tag, void* items, int length) =>
        new() { Tag = tag, Length = (uint)length, Pointer = (nint)items };

    /// <summary>This value, or the schema's default where the caller gave none.</summary>
    public readonly BridgeValue OrDefault() => Tag == BridgeTag.None ? Default : this;
}
