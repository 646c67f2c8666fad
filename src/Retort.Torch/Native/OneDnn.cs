using System.Runtime.Intrinsics.X86;

namespace Retort.Torch.Native;

/// <summary>What the bridge's own operators by oneDNN can do on this processor.</summary>
internal static class OneDnn
{
    /// <summary>Whether they take a type: bfloat16 only where vectors of 512 bits are, as there are no kernels for it elsewhere.</summary>
    public static bool Computes(DType type) => type == DType.Float32 || (type == DType.BFloat16 && Avx512BW.IsSupported);
}
