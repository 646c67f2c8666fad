using Retort.Torch.Modules;

namespace Retort.Torch.Networks;

/// <summary>
/// A classifier whose inner features can be tapped by name. The common names are "stem", "stage1", "stage2", ... and "pooled" (the vector
/// before the classifier); "stage1.preact" is stage 1 before its last activation.
/// </summary>
public abstract class Network : Module
{
    /// <summary>Number of classes: the length of a row of logits.</summary>
    public abstract int Classes { get; }

    /// <summary>
    /// Names of the taps, from the input to the output; the pre-activation ones are not listed but exist with the suffix ".preact", nor is
    /// <see cref="BeforePooling"/>.
    /// </summary>
    public abstract IReadOnlyList<string> TapNames { get; }

    /// <summary>The linear classifier that makes logits of the "pooled" tap; null where the network has none.</summary>
    public virtual Linear? Classifier => null;

    /// <summary>The batch norm whose output a tap before an activation is, alone or added to a shortcut; null where there is none.</summary>
    public virtual BatchNorm? NormOf(string tap) => null;

    /// <summary>Suffix of the taps before an activation.</summary>
    public const string PreActivation = ".preact";

    /// <summary>
    /// Name of the tap that a network has, though it does not list it, where it pools a map that is no stage's: behind a last convolution, or
    /// behind the norm and the activation of a bare sum.
    /// </summary>
    public const string BeforePooling = "pooled.map";

    /// <summary>
    /// The tap of the map [C, H, W], after its activation, whose mean over the positions "pooled" is: a stage, or <see cref="BeforePooling"/>.
    /// Null where "pooled" is no such mean, as a transformer's class token.
    /// </summary>
    public virtual string? PooledMap => null;

    /// <summary>Whether the network offers a tap.</summary>
    public virtual bool HasTap(string tap) => tap == PooledMap || TapNames.Contains(
        tap.EndsWith(PreActivation, StringComparison.Ordinal) ? tap[..^PreActivation.Length] : tap);

    /// <summary>Runs the network.</summary>
    /// <param name="images">[N, 3, H, W], normalised; borrowed.</param>
    /// <param name="taps">Taps to give beside the logits; the fewer, the less memory.</param>
    /// <returns>New tensors, owned by the current scope or the caller.</returns>
    public abstract NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps);

    /// <summary>Runs the network for its logits alone, [N, classes].</summary>
    public Tensor Forward(Tensor images) => Forward(images, NoTaps).Logits;

    /// <summary>Runs what lies behind a tap: with that tap's features of an image, the image's logits, [N, classes].</summary>
    /// <param name="tap">One of <see cref="TapNames"/>, not one before an activation.</param>
    /// <param name="features">As the tap gives them, [N, C, H, W] or [N, D]; borrowed.</param>
    /// <exception cref="NetworkCutException">The network cannot be run from there; the message says why.</exception>
    public virtual Tensor ForwardFrom(string tap, Tensor features) => throw NoChain();

    /// <summary>The modules that <see cref="ForwardFrom"/> runs, with their dotted paths in this network. Borrowed.</summary>
    /// <param name="tap">One of <see cref="TapNames"/>, not one before an activation.</param>
    /// <exception cref="NetworkCutException">The network cannot be run from there; the message says why.</exception>
    public virtual IReadOnlyList<KeyValuePair<string, Module>> ModulesBehind(string tap) => throw NoChain();

    private NetworkCutException NoChain() => new($"{GetType().Name} cannot be run from a tap, as it is no chain of blocks.");

    private static readonly HashSet<string> NoTaps = [];
}
