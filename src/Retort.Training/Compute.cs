using Retort.Torch;
using Retort.Training.Recipes;

namespace Retort.Training;

/// <summary>Where and in which number format networks run.</summary>
/// <param name="Device">CPU or CUDA.</param>
/// <param name="Type">Format of convolutions and matrix products: float32 or bfloat16. Weights and losses stay in float32.</param>
public sealed record Compute(Device Device, DType Type)
{
    private static readonly string[] NativeBf16 = ["avx512_bf16", "amx_bf16", "bf16"];

    /// <summary>Float32 on the CPU.</summary>
    public static Compute Plain { get; } = new(Device.Cpu, DType.Float32);

    /// <summary>Chooses the format: for "auto" bfloat16 where the device computes in it, float32 elsewhere.</summary>
    /// <exception cref="RetortException">There is no such device.</exception>
    public static Compute Choose(Precision precision, Device device)
    {
        if (device.Type == DeviceType.Cuda)
            RequireCuda(device);
        return new(device, precision switch
        {
            Precision.Fp32 => DType.Float32,
            Precision.Bf16 => DType.BFloat16,
            _ => HasNativeBf16(device) ? DType.BFloat16 : DType.Float32,
        });
    }

    /// <summary>Enters autocast for the format, on this thread, until disposed.</summary>
    public Autocast Enter() => Autocast.Enter(Type, Device.Type);

    /// <summary>"bf16 on cpu".</summary>
    public override string ToString() => $"{(Type == DType.BFloat16 ? "bf16" : "fp32")} on {Device}";

    private static void RequireCuda(Device device)
    {
        int devices = TorchRuntime.CudaDevices;
        if (devices == 0)
            throw new RetortException("This libtorch finds no CUDA device: compute with --device cpu, or set LIBTORCH to a CUDA build.") { WrongUse = true };
        if (device.Index >= devices)
            throw new RetortException($"There is no device {device}: this machine has {devices}, cuda:0 to cuda:{devices - 1}.") { WrongUse = true };
    }

    /// <summary>Without instructions for it, bfloat16 is emulated and slower than float32.</summary>
    private static bool HasNativeBf16(Device device)
    {
        if (device.Type == DeviceType.Cuda)
            return true;
        const string processors = "/proc/cpuinfo";
        if (!File.Exists(processors))
            return false;
        string? flags = File.ReadLines(processors).FirstOrDefault(line =>
            line.StartsWith("flags", StringComparison.Ordinal) || line.StartsWith("Features", StringComparison.Ordinal));
        return flags is not null && flags.Split(' ', StringSplitOptions.RemoveEmptyEntries).Intersect(NativeBf16).Any();
    }
}
