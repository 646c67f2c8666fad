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

    /// <summary>The device of one of several processes: of "cuda" without a number the GPU of its own.</summary>
    /// <param name="device">The one that the command line names.</param>
    /// <param name="localRank">Which of the processes on its machine. Where each sees its own GPU alone, as srun may have it, that is the first.</param>
    public static Device OfRank(Device device, int localRank) => device is { Type: DeviceType.Cuda, Index: < 0 }
        ? new Device(DeviceType.Cuda, localRank % Math.Max(TorchRuntime.CudaDevices, 1))
        : device;
}
