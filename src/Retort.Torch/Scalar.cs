using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>A number that an operator takes; whether it is an integer, a real or a boolean is kept, since it decides result types.</summary>
public readonly struct Scalar
{
    private readonly BridgeValue _value;

    private Scalar(BridgeValue value) => _value = value;

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(long value) => new(BridgeValue.Of(value));

    /// <summary>An integer.</summary>
    public static implicit operator Scalar(int value) => new(BridgeValue.Of((long)value));

    /// <summary>A real number.</summary>
    public static implicit operator Scalar(double value) => new(BridgeValue.Of(value));

    /// <summary>A truth value.</summary>
    public static implicit operator Scalar(bool value) => new(BridgeValue.Of(value));

    /// <summary>The number as a double.</summary>
    public double ToDouble() => _value.Tag == BridgeTag.Double ? _value.Real : _value.Integer;

    /// <inheritdoc/>
    public override string ToString() => _value.Tag switch
    {
        BridgeTag.Double => _value.Real.ToString("R"),
        BridgeTag.Bool => _value.Integer != 0 ? "true" : "false",
        _ => _value.Integer.ToString(),
    };

    // A Scalar that nobody set is the integer 0, not None.
    internal BridgeValue ToBridge() => _value.Tag == BridgeTag.None ? BridgeValue.Of(0L) : _value;
}
