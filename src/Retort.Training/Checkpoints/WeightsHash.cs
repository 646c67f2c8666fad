using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Vision.Models;

namespace Retort.Training.Checkpoints;

/// <summary>Tells whether two modules hold the same weights, wherever those came from.</summary>
internal static class WeightsHash
{
    /// <summary>SHA-256 of names, shapes and values of all parameters and buffers, in hexadecimal digits.</summary>
    public static string Of(Module module)
    {
        if (module is RenormalizedNetwork { Inner: var inner })
            module = inner; // the same weights, however the images come
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var noGrad = GradMode.Disable();
        foreach ((string name, Tensor tensor) in module.State())
        {
            using var scope = new TensorScope();
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} [{string.Join(", ", tensor.Shape)}]"));
            hash.AppendData(MemoryMarshal.AsBytes<double>(tensor.To(DType.Float64).ToArray<double>())); // the same for every element type and memory order
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
