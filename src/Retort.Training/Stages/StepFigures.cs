using Retort.Distillation;
using Retort.Torch;

namespace Retort.Training.Stages;

/// <summary>What there is to tell of a step, or of the part of it that one process computes.</summary>
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

    /// <summary>What a part of a step counts in the whole.</summary>
    /// <param name="weight">Its share of the step's images, 0 to 1; 0: its images are another process's.</param>
    public StepFigures Weighted(double weight) => weight switch
    {
        0 => this with { Hits = 0, Terms = [.. Terms.Select(_ => 0.0)] }, // whatever they are, also no number
        1 => this,
        _ => this with { Terms = [.. Terms.Select(term => term * weight)] },
    };

    /// <summary>Adds what another part of the same step counts.</summary>
    public StepFigures Plus(StepFigures part) => this with
    {
        Images = Images + part.Images, Hits = Hits + part.Hits, Terms = [.. Terms.Zip(part.Terms, (a, b) => a + b)],
    };

    /// <summary>Reads them off a step.</summary>
    /// <param name="step">What the stage computed.</param>
    /// <param name="labels">Int64 [N] or shares of classes, float32 [N, classes].</param>
    public static StepFigures Of(StageStep step, Tensor labels) => new(
        (int)labels.Size(0),
        step.Logits is { } logits ? (long)logits.Detach().Argmax(1).Eq(ClassLabels.Of(labels)).Sum().ToDouble() : 0,
        [.. step.Terms.Select(term => term.Key)], [.. step.Terms.Select(term => term.Value.ToDouble())]);
}
