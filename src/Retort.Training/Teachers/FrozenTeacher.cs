using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Training.Teachers;

/// <summary>
/// The teacher as the stages of a student see it: in evaluation mode, without gradient, made fast, and not run at all for what a cache holds.
/// </summary>
/// <param name="network">The teacher; the caller's. Its weights do not change any more.</param>
/// <param name="compute">Where and in which format it is made fast for; null: it runs as it is.</param>
/// <param name="cache">What it said before; null: it is always run. The caller's.</param>
public sealed class FrozenTeacher(Network network, Compute? compute = null, TeacherCache? cache = null) : IDisposable
{
    // One for each set of taps and size of images: a run asks for one or two.
    private readonly Dictionary<(string Taps, int Height, int Width), InferenceNetwork?> _fast = [];

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
            ? Run(images, taps)
            : cache.Recall(images, taps, indices, epoch.Value, () => Run(images, taps));
    }

    /// <summary>Frees what was made of the teacher, not the teacher.</summary>
    public void Dispose()
    {
        foreach (InferenceNetwork? made in _fast.Values)
            made?.Dispose();
        _fast.Clear();
    }

    private NetworkOutput Run(Tensor images, IReadOnlySet<string> taps)
    {
        if (compute is null)
            return network.Forward(images, taps);
        (string Taps, int Height, int Width) wanted = (string.Join(' ', taps.Order(StringComparer.Ordinal)), (int)images.Size(2), (int)images.Size(3));
        if (!_fast.TryGetValue(wanted, out InferenceNetwork? fast))
            _fast.Add(wanted, fast = InferenceNetwork.TryMake(network, taps, wanted.Height, wanted.Width, compute.Device, compute.Type));
        return fast is null ? network.Forward(images, taps) : fast.Forward(images);
    }
}
