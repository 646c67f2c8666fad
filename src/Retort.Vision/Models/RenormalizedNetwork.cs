using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Vision.Augmentation;

namespace Retort.Vision.Models;

/// <summary>
/// A network that sees images normalised otherwise than they come: one multiplication and one addition for each channel, on the device,
/// before the network itself. What is black for the one is black for the other.
/// </summary>
public sealed class RenormalizedNetwork : Network
{
    private readonly Tensor _scale;
    private readonly Tensor _shift;

    private RenormalizedNetwork(Network inner, Normalization given, Normalization expected)
    {
        Inner = Add("network", inner);
        // (x · given deviation + given mean − expected mean) / expected deviation
        _scale = AddBuffer("scale", PerChannel(c => given.Deviation[c] / (double)expected.Deviation[c]));
        _shift = AddBuffer("shift", PerChannel(c => (given.Mean[c] - (double)expected.Mean[c]) / expected.Deviation[c]));
    }

    /// <summary>The network itself, which holds the weights.</summary>
    public Network Inner { get; }

    /// <inheritdoc/>
    public override int Classes => Inner.Classes;

    /// <inheritdoc/>
    public override IReadOnlyList<string> TapNames => Inner.TapNames;

    /// <inheritdoc/>
    public override Linear? Classifier => Inner.Classifier;

    /// <summary>Makes a network fit for images of another normalisation.</summary>
    /// <param name="inner">Owned by the result.</param>
    /// <param name="given">How the images are normalised.</param>
    /// <param name="expected">How the network expects them.</param>
    /// <returns>The network itself where both are equal.</returns>
    public static Network Of(Network inner, Normalization given, Normalization expected) =>
        given == expected ? inner : new RenormalizedNetwork(inner, given, expected);

    /// <inheritdoc/>
    public override BatchNorm? NormOf(string tap) => Inner.NormOf(tap);

    /// <inheritdoc/>
    public override string? PooledMap => Inner.PooledMap;

    /// <inheritdoc/>
    public override bool HasTap(string tap) => Inner.HasTap(tap);

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
    {
        using Tensor scaled = images * _scale;
        using Tensor expected = scaled + _shift;
        return Inner.Forward(expected, taps);
    }

    private static Tensor PerChannel(Func<int, double> value) =>
        Tensor.From<float>([(float)value(0), (float)value(1), (float)value(2)], 1, 3, 1, 1);
}
