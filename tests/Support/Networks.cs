using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Support;

/// <summary>Networks to compute with.</summary>
internal static class Networks
{
    /// <summary>A network in evaluation mode with weights as after training: no batch norm is one that changes nothing.</summary>
    public static Network Trained(string model)
    {
        TorchRuntime.Seed(3);
        Network network = ModelRegistry.Default.Create(model, 10);
        network.To(MemoryFormat.ChannelsLast);
        using var noGrad = GradMode.Disable();
        foreach ((string name, Tensor tensor) in network.State().Where(entry => entry.Value.DType == DType.Float32 && entry.Value.Rank == 1))
        {
            using Tensor change = Aten.Rand(tensor.Shape);
            tensor.Add_(change, name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5 : 0.1);
        }

        network.Eval();
        return network;
    }
}
