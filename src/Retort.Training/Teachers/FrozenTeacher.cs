using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Training.Teachers;

/// <summary>The teacher as the stages of a student see it: in evaluation mode, without gradient, and not run at all for what a cache holds.</summary>
/// <param name="network">The teacher; the caller's.</param>
/// <param name="cache">What it said before; null: it is always run. The caller's.</param>
public sealed class FrozenTeacher(Network network, TeacherCache? cache = null)
{
    /// <summary>The teacher itself.</summary>
    public Network Network => network;

    /// <summary>Brings it into evaluation mode: in training mode it would change its batch statistics.</summary>
    public void Eval() => network.Eval();

    /// <summary>What the teacher says of a batch.</summary>
    /// <param name="images">[M·N, 3, H, W]: the N samples as they are, then in M - 1 other ways, as a method wants to show them.</param>
    /// <param name="taps">Features wanted.</param>
    /// <param name="indices">Int64 [N], numbers of the samples in the training set.</param>
    /// <param name="epoch">The epoch that runs, from 1; null: the cache is left alone.</param>
    /// <returns>Without gradient; owned by the current scope.</returns>
    public NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps, Tensor indices, int? epoch)
    {
        using var noGrad = GradMode.Disable();
        return cache is null || epoch is null
            ? network.Forward(images, taps)
            : cache.Recall(images, taps, indices, epoch.Value, () => network.Forward(images, taps));
    }
}
