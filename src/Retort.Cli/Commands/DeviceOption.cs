using Retort.Torch;

namespace Retort.Cli.Commands;

/// <summary>Reads <c>--device</c>.</summary>
internal static class DeviceOption
{
    /// <summary>Turns its value into a device.</summary>
    /// <exception cref="RetortException">It is no device.</exception>
    public static Device Parse(string text)
    {
        try
        {
            return Device.Parse(text);
        }
        catch (FormatException e)
        {
            throw new RetortException($"--device: {e.Message}", e) { WrongUse = true };
        }
    }
}
