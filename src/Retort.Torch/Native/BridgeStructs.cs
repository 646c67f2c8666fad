using System.Runtime.InteropServices;

namespace Retort.Torch.Native;

/// <summary><c>retort_tensor_info</c> of native/retort.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TensorInfo
{
    public long Dim;
    public long Numel;
    public long* Sizes;
    public long* Strides;
    public void* Data;
    public int DType;
    public int DeviceType;
    public int DeviceIndex;
    public byte RequiresGrad;
    public byte IsLeaf;
    public byte IsContiguous;
    public byte IsChannelsLast;
}

/// <summary><c>retort_argument</c> of native/retort.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArgumentInfo
{
    public byte* Name;
    public byte* Type;
    public byte HasDefault;
    public byte KeywordOnly;
    public byte IsReturn;
    private fixed byte _reserved[5];
}

/// <summary><c>retort_memory</c> of native/retort.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryInfo
{
    public long InUse;
    public long Peak;
    public long Cached;
}

/// <summary><c>retort_autocast_state</c> of native/retort.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AutocastState
{
    public int Enabled;
    public int DType;
}
