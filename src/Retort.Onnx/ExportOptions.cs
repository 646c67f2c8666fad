using Retort.Vision.Augmentation;

namespace Retort.Onnx;

/// <summary>How a network is written as an ONNX model.</summary>
public sealed record ExportOptions
{
    /// <summary>The oldest and the newest version of the operator set that can be written.</summary>
    public const int OldestOpset = 13, NewestOpset = 17;

    /// <summary>Version of the operator set, 13..17. Default 17.</summary>
    public int Opset { get; init; } = NewestOpset;

    /// <summary>Make batch norms part of the convolutions before them. Default true.</summary>
    public bool FoldBatchNorms { get; init; } = true;

    /// <summary>Images of a batch; null: any number. Default null.</summary>
    public int? Batch { get; init; }

    /// <summary>Weights and computation in 16 bits; input and logits stay float32. Default false.</summary>
    public bool Half { get; init; }

    /// <summary>
    /// The normalisation to do in the model: its input is then "pixels", uint8 [N, H, W, 3], as an image is decoded. Default null: the input is
    /// "images", float32 [N, 3, H, W], normalised.
    /// </summary>
    public Normalization? Preprocessing { get; init; }

    /// <summary>What the model file says of itself, by key. Default nothing.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
