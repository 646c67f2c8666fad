using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// A network that is a chain of blocks, each of which ends in a tap, the last in "pooled", and of a classifier that makes logits of that. It
/// can be run from any of its taps. A network of your own derives from it where it is such a chain, else from <see cref="Network"/>.
/// </summary>
/// <example><code>
/// public sealed class SmallNet : ChainNetwork
/// {
///     public SmallNet(int classes) : base(classes)
///     {
///         Conv2d conv = Add("conv", new Conv2d(3, 16, kernelSize: 3, padding: 1));
///         Append("stage1", images =&gt; conv.Forward(images).Relu(), [conv]);
///         AppendPooled();
///         End(Add("fc", new Linear(16, classes)));
///     }
/// }
/// </code></example>
public abstract class ChainNetwork : Network
{
    private const string Pooled = "pooled";

    private readonly List<Block> _blocks = [];
    private Linear? _classifier;
    private Layer? _head;
    private string? _pooledMap;

    /// <summary>Makes a chain without blocks; the family's constructor appends them.</summary>
    /// <param name="classes">Length of the logits.</param>
    protected ChainNetwork(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Classes = classes;
    }

    /// <inheritdoc/>
    public sealed override int Classes { get; }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<string> TapNames => field ??= [.. _blocks.Select(block => block.Tap)];

    /// <inheritdoc/>
    public sealed override Linear? Classifier => _classifier;

    /// <inheritdoc/>
    public sealed override string? PooledMap => _pooledMap;

    /// <inheritdoc/>
    public sealed override BatchNorm? NormOf(string tap) => _blocks.Find(block => tap == block.Tap + PreActivation)?.Norm;

    /// <inheritdoc/>
    public sealed override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) => Run(images, first: 0, new TapCollector(taps));

    /// <inheritdoc/>
    public sealed override Tensor ForwardFrom(string tap, Tensor features) =>
        Run(features, first: PlaceBehind(tap), new TapCollector(new HashSet<string>())).Logits;

    /// <inheritdoc/>
    public sealed override IReadOnlyList<KeyValuePair<string, Module>> ModulesBehind(string tap)
    {
        HashSet<object> behind = new(
            _blocks.Skip(PlaceBehind(tap)).SelectMany(block => block.Modules).Append(_head!), ReferenceEqualityComparer.Instance);
        return [.. NamedModules().Where(entry => behind.Contains(entry.Value))];
    }

    /// <summary>Appends a block.</summary>
    /// <param name="tap">Name of the tap that its output is; it offers it itself, before and after the activation.</param>
    /// <param name="run">Runs it on its input, which is borrowed.</param>
    /// <param name="modules">The modules that it runs.</param>
    /// <param name="norm">The batch norm whose output the tap before the activation is, alone or added to a shortcut; null: there is none.</param>
    private protected void Append(
        string tap, Func<Tensor, TapCollector, Tensor> run, IReadOnlyList<Module> modules, BatchNorm? norm = null) =>
        _blocks.Add(new Block(tap, run, modules, norm));

    /// <summary>Appends a block whose output is the tap as well as the one before the activation.</summary>
    /// <param name="tap">Name of the tap: "stem", "stage1", "stage2", ..., "pooled".</param>
    /// <param name="run">Runs it on its input, which is borrowed; gives a new tensor.</param>
    /// <param name="modules">The modules that it runs, which <see cref="Module.Add"/> has made children of the network.</param>
    /// <param name="norm">The batch norm whose output the tap before the activation is, alone or added to a shortcut; null: there is none.</param>
    protected void Append(string tap, Func<Tensor, Tensor> run, IReadOnlyList<Module> modules, BatchNorm? norm = null) =>
        Append(tap, (input, taps) => taps.OfferBoth(tap, run(input)), modules, norm);

    /// <summary>Appends a block of layers without an activation behind the last.</summary>
    /// <param name="tap">Name of the tap that its output is, and the one before the activation.</param>
    /// <param name="layers">The layers, in order.</param>
    /// <param name="norm">The batch norm of the output.</param>
    private protected void Append(string tap, IReadOnlyList<Layer> layers, BatchNorm norm) =>
        Append(tap, input => layers.Skip(1).Aggregate(layers[0].Forward(input), (map, layer) => map.Through(layer)), layers, norm);

    /// <summary>
    /// Appends the "stem": a convolution, its batch norm and a ReLU, with their usual names. Its tap is after the ReLU, also as the one before
    /// the activation, as RepDistiller has it.
    /// </summary>
    private protected void AppendStem(Conv2d convolution, int channels)
    {
        var conv1 = Add("conv1", convolution);
        var bn1 = Add("bn1", new BatchNorm2d(channels));
        Append("stem", images => conv1.Forward(images).Rectified(bn1), [conv1, bn1]);
    }

    /// <summary>Appends a stage of residual blocks.</summary>
    private protected void Append(ResidualStage stage) => Append(stage.Tap, stage.Forward, [stage], stage.LastNorm);

    /// <summary>Appends "pooled": the mean over the positions of the last block's output, a map [N, C, H, W] after its activation.</summary>
    protected void AppendPooled()
    {
        _pooledMap = _blocks[^1].Tap;
        Append(Pooled, map => map.Mean([2, 3]), []);
    }

    /// <summary>Appends "pooled": the mean over the positions of a map that is no stage's, the tap <see cref="Network.BeforePooling"/>.</summary>
    /// <param name="run">Makes the map [N, C, H, W] of the last block's output, which is borrowed, up to its activation; gives a new tensor.</param>
    /// <param name="modules">The modules that it runs, which <see cref="Module.Add"/> has made children of the network.</param>
    protected void AppendPooled(Func<Tensor, Tensor> run, IReadOnlyList<Module> modules) => AppendPooled((input, _) => run(input), modules);

    /// <summary>The same, where the map passes other taps on its way.</summary>
    private protected void AppendPooled(Func<Tensor, TapCollector, Tensor> run, IReadOnlyList<Module> modules)
    {
        _pooledMap = BeforePooling;
        Append(Pooled, (input, taps) => Pool(run(input, taps), taps), modules);
    }

    /// <summary>Ends the chain.</summary>
    /// <param name="classifier">Makes logits of the last tap.</param>
    /// <param name="head">What runs it, where something stands before it.</param>
    protected void End(Linear classifier, Layer? head = null) => (_classifier, _head) = (classifier, head ?? classifier);

    private NetworkOutput Run(Tensor input, int first, TapCollector wanted)
    {
        Tensor current = input;
        for (int b = first; b < _blocks.Count; b++)
        {
            Tensor previous = current;
            current = _blocks[b].Run(previous, wanted);
            if (b > first && !wanted.Keeps(previous))
                previous.Dispose();
        }

        return new NetworkOutput(_head!.Forward(current), wanted.Taps);
    }

    private static Tensor Pool(Tensor map, TapCollector taps)
    {
        Tensor pooled = taps.OfferBoth(Pooled, map.Mean([2, 3]));
        if (!taps.Offer(BeforePooling, map))
            map.Dispose();
        return pooled;
    }

    private int PlaceBehind(string tap)
    {
        int place = _blocks.FindIndex(block => block.Tap == tap);
        return place >= 0
            ? place + 1
            : throw new NetworkCutException(
                $"{GetType().Name} cannot be run from \"{tap}\", only from {string.Join(", ", TapNames)}.");
    }

    private sealed record Block(string Tap, Func<Tensor, TapCollector, Tensor> Run, IReadOnlyList<Module> Modules, BatchNorm? Norm);
}
