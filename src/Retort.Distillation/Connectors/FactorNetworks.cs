using Retort.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>
/// The networks of factor transfer: 3×3 convolutions that keep the map's size, each followed by a LeakyReLU of slope 0.1, the last one too.
/// The paraphraser is an encoder, whose output is the teacher's factor, and a decoder of transposed convolutions; the translator is
/// an encoder. RepDistiller's translator has batch norms besides. Names are those of the two codes' state dicts.
/// </summary>
internal static class FactorNetworks
{
    private const double Slope = 0.1;

    /// <summary>An autoencoder of [N, channels, H, W]; its first half gives [N, factors, H, W].</summary>
    public static Sequential Paraphraser(FactorTransferVariant variant, int channels, int factors)
    {
        Layer[] encoder = Encoder(channels, factors);
        Layer[] decoder = [Back(factors, factors), Back(factors, channels), Back(channels, channels)];
        return variant == FactorTransferVariant.Official
            ? new Sequential([.. Flat("conv", encoder), .. Flat("deconv", decoder)])
            : new Sequential([("encoder", Blocks(encoder, norms: null)), ("decoder", Blocks(decoder, norms: null))]);
    }

    /// <summary>Makes [N, factors, H, W] of [N, channels, H, W].</summary>
    public static Sequential Translator(FactorTransferVariant variant, int channels, int factors)
    {
        Layer[] encoder = Encoder(channels, factors);
        return variant == FactorTransferVariant.Official
            ? new Sequential([.. Flat("conv", encoder)])
            : new Sequential([("encoder", Blocks(encoder, norms: [channels, factors, factors]))]);
    }

    /// <summary>The factor of a map: the first half of the paraphraser, without its decoder.</summary>
    public static Tensor Encode(Sequential paraphraser, Tensor map)
    {
        for (int i = 0; i < paraphraser.Count / 2; i++)
            map = paraphraser[i].Forward(map);
        return map;
    }

    private static Layer[] Encoder(int channels, int factors) =>
        [Along(channels, channels), Along(channels, factors), Along(factors, factors)];

    private static Conv2d Along(int from, int to) => new(from, to, kernelSize: 3, padding: 1);

    private static ConvTranspose2d Back(int from, int to) => new(from, to, kernelSize: 3, padding: 1);

    private static LeakyReLU Activation() => new(Slope);

    private static IEnumerable<(string Name, Layer Layer)> Flat(string name, Layer[] convolutions) =>
        convolutions.SelectMany((layer, i) => new (string, Layer)[] { ($"{name}{i}", layer), ($"{name}{i}_activation", Activation()) });

    private static Sequential Blocks(Layer[] convolutions, int[]? norms) => new(
    [
        .. convolutions.SelectMany((layer, i) => new Layer[] { layer, norms is null ? new Identity() : new BatchNorm2d(norms[i]), Activation() }),
    ]);
}
