using Retort.Torch;
using Retort.Training;
using Retort.Training.Evaluation;

namespace Retort.Cli.Json;

/// <summary>The figures of an evaluation.</summary>
internal static class EvaluationJson
{
    public static object Of(string checkpoint, EvaluationResult result, IReadOnlyList<string> classes, Compute compute) => new
    {
        Checkpoint = checkpoint,
        result.Images, result.Top1, result.Top5, result.Loss, result.ImagesPerSecond,
        Device = compute.Device.ToString(),
        Precision = compute.Type == DType.BFloat16 ? "bf16" : "fp32",
        Classes = classes.Select((name, label) => new { Name = name, Accuracy = result.ClassAccuracy(label) }),
        Confusion = classes.Select((_, label) => classes.Select((_, predicted) => result.Confusion[label, predicted])),
    };
}
