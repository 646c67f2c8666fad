using System.ComponentModel.DataAnnotations;
using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Samples;

/// <summary>Options of <see cref="DirectionMatching"/>.</summary>
public sealed record DirectionMatchingOptions
{
    /// <summary>Exponent on the distance of a sample, 1 to 4. Default 1.</summary>
    [Range(1.0, 4.0)]
    public double Power { get; init; } = 1;
}

/// <summary>The student's pooled features must point where the teacher's do; a linear connector brings them to the same length.</summary>
[Method("direction", Title = "Direction matching", Paper = "none", Summary = "the direction of the pooled features")]
public sealed class DirectionMatching(DirectionMatchingOptions options) : Method<DirectionMatchingOptions>(options)
{
    private Linear? _connector;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => [new TapPair("pooled", "pooled")];

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding) =>
        _connector = Add("connector", new Linear((int)binding.StudentShape(0)[0], (int)binding.TeacherShape(0)[0]));

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor student, Tensor teacher) = step.Features[0];
        return Distance(_connector!.Forward(student), teacher, Options.Power);
    }

    /// <summary>Mean over the batch of (1 − cos(s, t))^power.</summary>
    /// <param name="student">s, [N, D].</param>
    /// <param name="teacher">t, [N, D], without gradient.</param>
    /// <param name="power">At least 1.</param>
    public static Tensor Distance(Tensor student, Tensor teacher, double power) =>
        (1.0 - Aten.CosineSimilarity(student, teacher)).ClampMin(0).Pow(power).Mean(); // rounding can make the difference negative
}
