using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>Lets convolutions and matrix products run in a shorter type on this thread, until it is disposed.</summary>
public readonly unsafe ref struct Autocast
{
    private readonly DeviceType _device;
    private readonly AutocastState _previous;

    private Autocast(DeviceType device, AutocastState previous) => (_device, _previous) = (device, previous);

    /// <summary>Starts autocasting; backward needs none of its own.</summary>
    /// <param name="type">bfloat16, or float16 on a GPU; float32 switches autocast off.</param>
    /// <param name="device">Device whose operators are cast.</param>
    public static Autocast Enter(DType type, DeviceType device = DeviceType.Cpu)
    {
        AutocastState previous;
        bool enabled = type != DType.Float32;
        Bridge.Check(Bridge.retort_autocast_enter((int)device, enabled ? 1 : 0, (int)(enabled ? type : DType.BFloat16), &previous));
        return new Autocast(device, previous);
    }

    /// <summary>Restores what was before and drops cached casts of weights when the outermost region ends.</summary>
    public void Dispose()
    {
        AutocastState previous = _previous;
        Bridge.Check(Bridge.retort_autocast_exit((int)_device, &previous));
    }
}
