using Retort.Distillation;
using Retort.Torch;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Training.DryRuns;

/// <summary>
/// Looks at a student's stage on one batch before it trains: which taps are compared, which modules the methods made, and how
/// strongly each term of the loss pulls at the student. Nothing of it stays: parameters, statistics, memories and random numbers are as before.
/// </summary>
public static class DryRun
{
    /// <summary>Runs the stage on a batch and takes the gradient of each weighted term by itself.</summary>
    /// <param name="stage">The student's stage, bound to its teacher, on the device; its modules are left in its modes.</param>
    /// <param name="batch">A batch of training images; stays the caller's.</param>
    /// <param name="compute">Where and how the networks run.</param>
    public static DryRunResult Measure(NetworkStage stage, Batch batch, Compute compute)
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
            .. step.Terms.Select((term, i) => Describe(stage.Objective, term.Key) with
            {
                Value = term.Value.ToDouble(), GradientNorm = norms[i], Share = norms[i] / sum,
            }),
        ];
        return new DryRunResult(stage.Name, terms, GradientAdvice.For(terms));
    }

    private static double GradientNorm(Tensor term, Tensor[] parameters)
    {
        if (!term.RequiresGrad)
            return 0;
        Tensor[] gradients = [.. Gradients.Of([term], parameters, retainGraph: true, allowUnused: true).OfType<Tensor>()];
        return gradients.Length == 0 ? 0 : Aten.Stack(Aten.ForeachNorm(gradients)).Norm().ToDouble();
    }

    private static DryRunTerm Describe(DistillationObjective objective, string name)
    {
        if (objective.Methods.FirstOrDefault(bound => bound.Term.Name == name) is not ({ } term, { } binding))
            return new DryRunTerm(name, objective.CrossEntropy, 0, 0, 0, [], []);
        return new DryRunTerm(
            name, term.Weight, 0, 0, 0,
            [.. binding.Pairs.Select((pair, k) => new MatchedTaps(pair.Student, binding.StudentShape(k), pair.Teacher, binding.TeacherShape(k)))],
            [
                .. term.Method.NamedParameters().GroupBy(parameter => parameter.Key.Split('.')[0]).Select(part =>
                    new MethodPart(part.Key, part.Sum(parameter => parameter.Value.Count), part.Any(parameter => parameter.Value.RequiresGrad))),
            ]);
    }
}
