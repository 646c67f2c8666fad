using System.CommandLine;
using Retort.Torch;

namespace Retort.Cli.Commands;

/// <summary><c>--device</c>: where to compute.</summary>
internal sealed class DeviceOption : Option<string>
{
    public DeviceOption()
        : base("--device")
    {
        Description = "cpu, cuda or cuda:N.";
        DefaultValueFactory = _ => "cpu";
        CompletionSources.Add("cpu", "cuda");
    }

    /// <summary>The device that a command line names.</summary>
    /// <exception cref="RetortException">It is no device.</exception>
    public Device Of(ParseResult line)
    {
        try
        {
            return Device.Parse(line.GetValue(this)!);
        }
        catch (FormatException e)
        {
            throw new RetortException($"--device: {e.Message}", e) { WrongUse = true };
        }
    }
}
