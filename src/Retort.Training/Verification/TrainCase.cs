using Retort.Distillation;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Vision.Models;

namespace Retort.Training.Verification;

/// <summary>A golden case of training: the total loss of each step, computed by the same stage and session that train a run's student.</summary>
internal static class TrainCase
{
    public const string Kind = "train";

    private const string CrossEntropy = "ce", MethodWeight = "method", Batch = "batch.", MethodState = "method.param.", Expected = "expect.loss";

    public static string Describe(CaseDescription description)
    {
        string student = description.Text("student");
        string networks = description.TextOr("teacher", null) is { } teacher ? $"{teacher} → {student}" : student;
        string[] methods =
        [
            .. description.Numbers("weights").Where(w => w.Value != 0 && w.Key is not (CrossEntropy or MethodWeight)).Select(w => w.Key),
            .. ((IEnumerable<string?>)[description.TextOr("method", null)]).OfType<string>(),
        ];
        return $"{networks}, {(methods.Length == 0 ? "labels alone" : string.Join(" + ", methods.Distinct()))}";
    }

    public static IReadOnlyList<Check> Run(GoldenCase @case, MethodRegistry methods, ModelRegistry models)
    {
        CaseDescription description = @case.Description;
        double[] losses = Losses(@case, methods, models);
        using Tensor expected = @case.Load(Expected);
        double[] reference = expected.To(DType.Float64).ToArray<double>();
        return reference.Length == losses.Length
            ? [Check.CompareEach("loss", losses, reference, description.Tolerance("loss"))]
            : throw description.Wrong("steps", $"is {losses.Length}, but {Expected} has {reference.Length} values");
    }

    /// <summary>The total loss of each step.</summary>
    /// <param name="case">The case.</param>
    /// <param name="methods">The methods that it may name.</param>
    /// <param name="models">The models that it may name.</param>
    /// <param name="optimised">
    /// Whether networks and images lie as in a run, channels last, for which the bridge has operators of its own, and the teacher is made fast;
    /// else all is libtorch's, as where the references are from.
    /// </param>
    internal static double[] Losses(GoldenCase @case, MethodRegistry methods, ModelRegistry models, bool optimised = false)
    {
        MemoryFormat format = optimised ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        CaseDescription description = @case.Description;
        using Network student = CaseNetwork.Create(@case, models, description.Text("student"), "student.param.");
        using Network? teacher = description.TextOr("teacher", null) is { } name ? CaseNetwork.Create(@case, models, name, "teacher.param.") : null;
        teacher?.RequireGrad(false);
        student.To(format);
        teacher?.To(format);

        Tensor first = @case.Load(Batch + "0.input");
        // A case's last map is that of the last stage (RepDistiller), where runs take the one that is pooled.
        NetworkShape ShapeOf(string name, Network network)
        {
            NetworkShape own = NetworkShape.Of(name, network, (int)first.Size(2), (int)first.Size(3), Device.Cpu);
            return own with { PooledMap = TapChoice.LastMap(own) };
        }

        NetworkShape shape = ShapeOf(description.Text("student"), student);
        double crossEntropy = description.Numbers("weights").TryGetValue(CrossEntropy, out double weight) ? weight : 0;
        using var objective = new DistillationObjective(
            crossEntropy, labelSmoothing: 0, Terms(@case, methods, out Method? method), shape,
            teacher is null ? shape : ShapeOf(description.Text("teacher"), teacher));
        if (method is not null && @case.LoadAfter(MethodState) is { Count: > 0 } state)
            method.LoadState(state);
        objective.To(format);

        using FrozenTeacher? frozen = teacher is null ? null : new FrozenTeacher(teacher, optimised ? Compute.Plain : null);
        var stage = new NetworkStage(student, objective, frozen)
        {
            Name = "student",
            NetworkName = description.Text("student"),
            Options = new TrainOptions { Epochs = 1, Optimizer = OptionsBinder.Bind<OptimizerOptions>(description.Options("optimizer"), "optimizer") },
        };
        return Train(@case, stage, description.Count("steps"), format);
    }

    /// <summary>The weighted methods: the case's own, and any other that the weights name, with its defaults.</summary>
    private static List<DistillationTerm> Terms(GoldenCase @case, MethodRegistry methods, out Method? own)
    {
        CaseDescription description = @case.Description;
        IReadOnlyDictionary<string, double> weights = description.Numbers("weights");
        List<DistillationTerm> terms = [];
        own = null;
        if (description.TextOr("method", null) is { } name)
        {
            // Made even when it weighs nothing, so that an unknown method or option is noticed.
            own = methods.Find(name).Create(description.Options("method_options"), "method_options");
            if (weights.TryGetValue(MethodWeight, out double weight) && weight != 0)
            {
                terms.Add(new DistillationTerm(MethodWeight, weight, own));
            }
            else
            {
                own.Dispose();
                own = null;
            }
        }

        foreach ((string other, double weight) in weights)
        {
            if (other is not (CrossEntropy or MethodWeight) && weight != 0)
                terms.Add(new DistillationTerm(other, weight, methods.Find(other).Create(OptionMapping.Empty, $"weights.{other}")));
        }

        return terms;
    }

    private static double[] Train(GoldenCase @case, TrainingStage stage, int steps, MemoryFormat format)
    {
        int batches = 0;
        while (@case.Has($"{Batch}{batches}.input"))
            batches++;
        using var session = new StageSession(stage, steps);
        stage.SetModes();
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            using var scope = new TensorScope();
            Tensor labels = @case.Load($"{Batch}{step % batches}.labels");
            Tensor indices = Aten.Arange(labels.Size(0), DType.Int64);
            Tensor loss = stage.Step(@case.Load($"{Batch}{step % batches}.input").To(format), labels, indices, Compute.Plain).Total();
            losses[step] = loss.ToDouble();
            session.Update(loss);
            session.Progress.Step++;
        }

        return losses;
    }
}
