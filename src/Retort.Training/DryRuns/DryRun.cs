using Retort.Torch;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Training.DryRuns;

/// <summary>
/// Looks at a stage on one batch before it trains: which taps are compared, which modules the methods made, and how strongly each term of the
/// loss pulls at the network. Nothing of it stays: parameters, statistics, memories and random numbers are as before.
/// </summary>
public static class DryRun
{
    /// <summary>Runs the stage on a batch and takes the gradient of each weighted term by itself.</summary>
    /// <param name="stage">A stage that trains a network, on the device; its modules are left in its modes.</param>
    /// <param name="batch">A batch of training images; stays the caller's.</param>
    /// <param name="compute">Where and how the networks run.</param>
    /// <param name="untrained">Stages that are still to train parts of what the stage uses; with any, shares are no ground for advice. Default none.</param>
    public static DryRunResult Measure(TrainingStage stage, Batch batch, Compute compute, IReadOnlyList<string>? untrained = null)
    {
        using var kept = new KeptState(stage.Learners.Select(learner => learner.Value));
        using var scope = new TensorScope();
        stage.SetModes();
        StageStep step = stage.Step(
            batch.Images.To(compute.Device), batch.Labels.To(compute.Device), batch.Indices.To(compute.Device), compute);
        Tensor[] parameters = [.. stage.Evaluated!.Parameters().Where(parameter => parameter.RequiresGrad)];
        double[] norms = [.. step.Terms.Select(term => GradientNorm(term.Value, parameters))];
        double sum = norms.Sum();
        DryRunTerm[] terms =
        [
            .. step.Terms.Select((term, i) => stage.Describe(term.Key) with
            {
                Value = term.Value.ToDouble(), GradientNorm = norms[i], Share = norms[i] / sum,
            }),
        ];
        return new DryRunResult(stage.Name, terms, untrained is null or [] ? GradientAdvice.For(terms) : []) { Untrained = untrained ?? [] };
    }

    private static double GradientNorm(Tensor term, Tensor[] parameters)
    {
        if (!term.RequiresGrad)
            return 0;
        Tensor[] gradients = [.. Gradients.Of([term], parameters, retainGraph: true, allowUnused: true).OfType<Tensor>()];
        return gradients.Length == 0 ? 0 : Aten.Stack(Aten.ForeachNorm(gradients)).Norm().ToDouble();
    }
}
