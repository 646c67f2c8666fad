using Retort.Training.Evaluation;

namespace Retort.Training.Reports;

/// <summary>What a network lost and saved by 8-bit numbers.</summary>
public sealed record QuantizationFigures
{
    /// <summary>Model name, as "resnet8".</summary>
    public required string Model { get; init; }

    /// <summary>What the test images are of.</summary>
    public required string Data { get; init; }

    /// <summary>Class names; the index is the label.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>How the network did on the test images, in float32.</summary>
    public required EvaluationResult Before { get; init; }

    /// <summary>How the quantised network did on the same images, simulated in libtorch.</summary>
    public required EvaluationResult After { get; init; }

    /// <summary>Size of the model's file in float32.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>Size of the quantised model's file.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>How it was quantised, and where: name and value, shown as they come.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];
}
