using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Training.Teachers;

/// <summary>
/// The teacher as the stages of a student see it: in evaluation mode, without gradient, made fast, and not run at all for what a cache holds.
/// </summary>
/// <param name="network">The teacher; the caller's. Its weights do not change any more.</param>
/// <param name="compute">Where and in which format it is made fast for; null: it runs as it is.</param>
/// <param name="cache">What it said before; null: it is always run. The caller's.</param>
/// <param name="usesBatchStatistics">
/// Whether its batch norms take each batch's statistics, of this process's share, and leave the running ones alone. It is then neither made fast
/// nor has it a cache, as what it says of an image hangs on the others.
/// </param>
public sealed class FrozenTeacher(Network network, Compute? compute = null, TeacherCache? cache = null, bool usesBatchStatistics = false) : IDisposable
{
    // One for each set of outputs and size of images: a run asks for one or two.
    private readonly Dictionary<(string Taps, bool Logits, int Height, int Width), InferenceNetwork?> _fast = [];

    /// <summary>The teacher itself.</summary>
    public Network Network => network;

    /// <summary>Brings it into evaluation mode, but for batch norms where those take each batch's statistics.</summary>
    public void Eval()
    {
        network.Eval();
        foreach (BatchNorm norm in usesBatchStatistics ? NormsOf(network) : [])
        {
            norm.Train();
            norm.KeepsStatistics = true;
        }
    }

    /// <summary>The batch norms of a network that are known here; those of a TorchScript program are not.</summary>
    public static IEnumerable<BatchNorm> NormsOf(Network network) => network.NamedModules().Select(module => module.Value).OfType<BatchNorm>();

    /// <summary>What the teacher says of a batch.</summary>
    /// <param name="images">[M·N, 3, H, W]: the N samples as they are, then in M - 1 other ways, as a method wants to show them.</param>
    /// <param name="taps">Features wanted.</param>
    /// <param name="indices">Int64 [N], numbers of the samples in the training set.</param>
    /// <param name="epoch">The epoch that runs, from 1; null: the cache is left alone.</param>
    /// <param name="logits">Whether the logits are wanted; else it stops behind the last of the taps, where it was made fast.</param>
    /// <returns>Without gradient; owned by the current scope.</returns>
    public NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps, Tensor indices, int? epoch, bool logits = true)
    {
        using var noGrad = GradMode.Disable();
        return cache is null || epoch is null || usesBatchStatistics
            ? Run(images, taps, logits)
            : cache.Recall(images, taps, logits, indices, epoch.Value, () => Run(images, taps, logits));
    }

    /// <summary>Frees what was made of the teacher, not the teacher, which may be trained again.</summary>
    public void Dispose()
    {
        foreach (BatchNorm norm in usesBatchStatistics ? NormsOf(network) : [])
            norm.KeepsStatistics = false;
        foreach (InferenceNetwork? made in _fast.Values)
            made?.Dispose();
        _fast.Clear();
    }

    private NetworkOutput Run(Tensor images, IReadOnlySet<string> taps, bool logits)
    {
        if (compute is null || usesBatchStatistics)
            return network.Forward(images, taps);
        (string Taps, bool Logits, int Height, int Width) wanted =
            (string.Join(' ', taps.Order(StringComparer.Ordinal)), logits, (int)images.Size(2), (int)images.Size(3));
        if (!_fast.TryGetValue(wanted, out InferenceNetwork? fast))
            _fast.Add(wanted, fast = InferenceNetwork.TryMake(network, taps, wanted.Height, wanted.Width, compute.Device, compute.Type, logits));
        return fast is null ? network.Forward(images, taps) : fast.Forward(images);
    }
}
