using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>Settings and counters of libtorch in this process.</summary>
public static unsafe class TorchRuntime
{
    /// <summary>Is told libtorch's warnings; null drops them. The callee must not throw.</summary>
    public static Action<string>? Warning { get; set; }

    /// <summary>Version of the libtorch that is loaded, as "1.13.1".</summary>
    public static string Version => Marshal.PtrToStringUTF8((nint)Bridge.retort_loaded_version()) ?? "";

    /// <summary>Version of the libtorch that the bridge was compiled against, without loading either; null: the bridge is not beside the program.</summary>
    public static string? CompiledVersion => BridgeLibrary.CompiledVersion();

    /// <summary>Threads that operators use (ATen, OpenMP and OpenBLAS together), at least 1. At the start: one for each of <see cref="ProcessorCores"/>.</summary>
    public static int Threads
    {
        get => Bridge.retort_get_threads();
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            Bridge.Check(Bridge.retort_set_threads(value));
        }
    }

    /// <summary>Tensor handles that are alive now, of all threads. A training step leaves it where it was.</summary>
    public static long LiveTensors => Bridge.retort_live_tensors();

    /// <summary>Number of CUDA devices that libtorch can use; 0 with a CPU build.</summary>
    public static int CudaDevices => Bridge.retort_cuda_count();

    /// <summary>Waits until the current GPU has done all that it was given; returns at once where there is none.</summary>
    public static void Synchronize() => Bridge.Check(Bridge.retort_cuda_synchronize());

    /// <summary>Bytes of tensor storage on a GPU: in use now, and the most so far.</summary>
    /// <param name="device">A CUDA device; without an index the first.</param>
    /// <exception cref="TorchException">There is no such device, or the bridge was built without CUDA's headers.</exception>
    public static (long InUse, long Peak) GpuMemory(Device device)
    {
        long inUse, peak;
        Bridge.Check(Bridge.retort_cuda_memory(Math.Max(device.Index, 0), &inUse, &peak));
        return (inUse, peak);
    }

    /// <summary>Bytes of CPU tensor storage: in use now, the most since <see cref="ResetPeakMemory"/>, and kept for reuse; zeros with <c>RETORT_KEEP_MEMORY=0</c>.</summary>
    public static (long InUse, long Peak, long Cached) Memory
    {
        get
        {
            MemoryInfo info;
            Bridge.Check(Bridge.retort_memory_read(&info));
            return (info.InUse, info.Peak, info.Cached);
        }
    }

    /// <summary>Starts the peak of <see cref="Memory"/> anew.</summary>
    public static void ResetPeakMemory() => Bridge.Check(Bridge.retort_memory_reset_peak());

    /// <summary>Seeds the default generators of every device (initialisation, dropout).</summary>
    public static void Seed(long seed) => Bridge.Check(Bridge.retort_seed((ulong)seed));

    internal static void RaiseWarning(string text) => Warning?.Invoke(text);
}
