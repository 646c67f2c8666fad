using Retort.Distillation;
using Retort.Torch;

namespace Retort.Training.Stages;

/// <summary>What there is to tell of a step.</summary>
/// <param name="Images">Images of the step.</param>
/// <param name="Hits">Images whose class had the highest logit.</param>
/// <param name="Names">Names of the loss's terms.</param>
/// <param name="Terms">Their weighted values, in that order: means over the images.</param>
public sealed record StepFigures(int Images, long Hits, IReadOnlyList<string> Names, IReadOnlyList<double> Terms)
{
    /// <summary>Whether all terms are numbers.</summary>
    public bool AreFinite => NonFinite is null;

    /// <summary>The first term that is NaN or infinite; null: none is.</summary>
    public (string Term, double Value)? NonFinite
    {
        get
        {
            for (int i = 0; i < Terms.Count; i++)
            {
                if (!double.IsFinite(Terms[i]))
                    return (Names[i], Terms[i]);
            }

            return null;
        }
    }

    /// <summary>Reads them off a step.</summary>
    /// <param name="step">What the stage computed.</param>
    /// <param name="labels">Int64 [N] or shares of classes, float32 [N, classes].</param>
    public static StepFigures Of(StageStep step, Tensor labels) => new(
        (int)labels.Size(0),
        step.Logits is { } logits ? (long)logits.Detach().Argmax(1).Eq(ClassLabels.Of(labels)).Sum().ToDouble() : 0,
        [.. step.Terms.Select(term => term.Key)], [.. step.Terms.Select(term => term.Value.ToDouble())]);
}
