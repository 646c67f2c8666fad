using System.Globalization;

namespace Retort.Torch;

/// <summary>Where a tensor lives.</summary>
/// <param name="Type">CPU or CUDA.</param>
/// <param name="Index">Number of the device; -1 is the current one.</param>
public readonly record struct Device(DeviceType Type, int Index = -1)
{
    /// <summary>The processor.</summary>
    public static Device Cpu => new(DeviceType.Cpu);

    /// <summary>The current CUDA device.</summary>
    public static Device Cuda => new(DeviceType.Cuda);

    internal long Encoded => ((long)Type << 8) | (byte)Index;

    /// <summary>Reads "cpu", "cuda" or "cuda:1".</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Device Parse(string text)
    {
        if (text == "cpu")
            return Cpu;
        if (text == "cuda")
            return Cuda;
        if (text.StartsWith("cuda:", StringComparison.Ordinal)
            && byte.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out byte index))
        {
            return new Device(DeviceType.Cuda, index);
        }

        throw new FormatException($"\"{text}\" is no device: use cpu, cuda or cuda:N.");
    }

    /// <inheritdoc/>
    public override string ToString() => Type == DeviceType.Cpu ? "cpu" : Index < 0 ? "cuda" : $"cuda:{Index}";
}
