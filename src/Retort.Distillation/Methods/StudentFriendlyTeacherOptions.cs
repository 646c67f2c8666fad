using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;

namespace Retort.Distillation.Methods;

/// <summary>Whose distribution a Kullback-Leibler divergence is weighted with.</summary>
public enum DivergenceDirection
{
    /// <summary>KL(branch ‖ teacher).</summary>
    StudentTeacher,

    /// <summary>KL(teacher ‖ branch).</summary>
    TeacherStudent,
}

/// <summary>How the losses of several branches become one.</summary>
public enum BranchReduction
{
    /// <summary>They are added.</summary>
    Sum,

    /// <summary>They are averaged.</summary>
    Mean,
}

/// <summary>What the teacher starts from.</summary>
public enum TeacherStart
{
    /// <summary>New weights.</summary>
    Scratch,

    /// <summary>The weights of its checkpoint.</summary>
    Pretrained,
}

/// <summary>Options of <see cref="StudentFriendlyTeacher"/>.</summary>
public sealed record StudentFriendlyTeacherOptions : IValidatableOptions
{
    /// <summary>Model of the branches. Default: the recipe's student.</summary>
    public string? Student { get; init; }

    /// <summary>What the teacher starts from: scratch, or pretrained, which needs the teacher's 'checkpoint'. Default scratch (paper).</summary>
    public TeacherStart Init { get; init; } = TeacherStart.Scratch;

    /// <summary>Taps that branches attach to, as 'stage1', or the student's and the teacher's as 'stage1:stage2'. Default: all stages but the last.</summary>
    [MinLength(1)]
    public ValueList<TapPair>? Branches { get; init; }

    /// <summary>Weight of the teacher's cross-entropy, at least 0. Default 1.</summary>
    [Range(0, 1e6)]
    public double LambdaT { get; init; } = 1;

    /// <summary>Weight of the divergences of the branches, at least 0. Default 3.</summary>
    [Range(0, 1e6)]
    public double LambdaKl { get; init; } = 3;

    /// <summary>Weight of the cross-entropies of the branches, at least 0. Default 1.</summary>
    [Range(0, 1e6)]
    public double LambdaCe { get; init; } = 1;

    /// <summary>Softening of the distributions in the divergence, greater than 0. Default 1.</summary>
    [Range(1e-3, 1e3)]
    public double Temperature { get; init; } = 1;

    /// <summary>Multiplies the divergences by temperature², as in KD; the paper does not say. Default false.</summary>
    public bool TSquared { get; init; }

    /// <summary>student_teacher is KL(branch ‖ teacher), teacher_student the other. Default student_teacher.</summary>
    public DivergenceDirection KlDirection { get; init; } = DivergenceDirection.StudentTeacher;

    /// <summary>Whether the losses of the branches are added or averaged. Default sum.</summary>
    public BranchReduction BranchReduction { get; init; } = BranchReduction.Sum;

    /// <summary>Keeps the gradient of the divergence from the teacher's logits; it still reaches its blocks through the branches. Default false.</summary>
    public bool DetachTeacher { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (LambdaT == 0 && LambdaKl == 0 && LambdaCe == 0)
            yield return new(nameof(LambdaT), "is 0, and so are lambda_kl and lambda_ce, so that nothing would be learned: give one a weight above 0");
        if (Branches is not null && Branches.Distinct().Count() < Branches.Count)
            yield return new(nameof(Branches), "names a point twice: keep one of them");
    }
}
