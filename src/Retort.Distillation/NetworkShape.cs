using Retort.Distillation.Features;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Distillation;

/// <summary>
/// What a method may know of a network before training: the size of its images, its taps and their shapes, its classifier and the norms before
/// its taps.
/// </summary>
public sealed record NetworkShape
{
    /// <summary>Model name, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Length of the logits.</summary>
    public required int Classes { get; init; }

    /// <summary>Height of the images in pixels; 0 where it is not known.</summary>
    public int ImageHeight { get; init; }

    /// <summary>Width of the images in pixels; 0 where it is not known.</summary>
    public int ImageWidth { get; init; }

    /// <summary>Shape of every tap without the batch dimension, from the input to the output: [C, H, W] or [D].</summary>
    public required IReadOnlyDictionary<string, long[]> Taps { get; init; }

    /// <summary>The tap of the map whose mean "pooled" is, see <see cref="Network.PooledMap"/>; null where there is none.</summary>
    public string? PooledMap { get; init; }

    /// <summary>Whether the "pooled" vector has numbers below 0, so that no ReLU made it.</summary>
    public bool HasSignedVector { get; init; }

    /// <summary>The classifier behind the "pooled" tap, where it is linear; borrowed.</summary>
    public Linear? Classifier { get; init; }

    /// <summary>All linear layers, by their names in the network; borrowed.</summary>
    public IReadOnlyDictionary<string, Linear> Linears { get; init; } = new Dictionary<string, Linear>();

    /// <summary>The batch norm that makes a tap (the last one, where its output is added to a shortcut), by tap; borrowed.</summary>
    public IReadOnlyDictionary<string, BatchNorm> Norms { get; init; } = new Dictionary<string, BatchNorm>();

    /// <summary>Learns the shapes by running the network on two images of a pattern, in evaluation mode and without gradient.</summary>
    public static NetworkShape Of(string name, Network network, int height, int width, Device device)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        string[] names =
        [
            .. network.TapNames, .. network.TapNames.Select(t => t + Network.PreActivation).Where(network.HasTap),
            .. network.PooledMap == Network.BeforePooling ? (string[])[Network.BeforePooling] : [],
        ];
        // Not black ones: of a network without biases, or of signs, all numbers would be 0, and none below it.
        Tensor images = Aten.Arange(2L * 3 * height * width, DType.Float32, device: device).Sin().View([2, 3, height, width]);
        NetworkOutput output = network.Forward(images, names.ToHashSet());
        return new NetworkShape
        {
            Name = name,
            Classes = (int)output.Logits.Size(1),
            ImageHeight = height,
            ImageWidth = width,
            Taps = names.ToDictionary(tap => tap, tap => output[tap].Shape[1..]),
            PooledMap = network.PooledMap,
            HasSignedVector = names.Contains(TapChoice.Pooled) && output[TapChoice.Pooled].Lt(0).Any().Item<bool>(),
            Classifier = network.Classifier,
            Linears = network.NamedModules().Where(entry => entry.Value is Linear).ToDictionary(entry => entry.Key, entry => (Linear)entry.Value),
            Norms = names.Where(tap => network.NormOf(tap) is not null).ToDictionary(tap => tap, tap => network.NormOf(tap)!),
        };
    }
}
