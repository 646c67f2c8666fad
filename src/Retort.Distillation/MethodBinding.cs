using Retort.Torch.Networks;

namespace Retort.Distillation;

/// <summary>What a method is bound to: two networks, the taps it compares, and the samples it will see.</summary>
public sealed record MethodBinding
{
    /// <summary>Shape of the student.</summary>
    public required NetworkShape Student { get; init; }

    /// <summary>Shape of the teacher.</summary>
    public required NetworkShape Teacher { get; init; }

    /// <summary>What <see cref="Method.ChooseTaps"/> gave; <see cref="StepInput.Features"/> has this order.</summary>
    public IReadOnlyList<TapPair> Pairs { get; init; } = [];

    /// <summary>
    /// Class of every training sample, by the sample's number (<see cref="StepInput.Indices"/>), for methods that remember samples or draw
    /// others; empty where it is not known.
    /// </summary>
    public IReadOnlyList<int> SampleLabels { get; init; } = [];

    /// <summary>
    /// Makes a newly initialised network of the student's model, which is the caller's, for a method that trains the teacher with parts of
    /// students; null where a student is trained.
    /// </summary>
    public Func<Network>? CreateStudent { get; init; }

    /// <summary>0..1, share of the uniform distribution in the labels, for a method that has the whole loss of a training.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>What each class counts in the cross-entropy with the labels, for such a method; null: all alike.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>The student's shape at a pair: [C, H, W] or [D].</summary>
    public long[] StudentShape(int pair) => Student.Taps[Pairs[pair].Student];

    /// <summary>The teacher's shape at a pair: [C, H, W] or [D].</summary>
    public long[] TeacherShape(int pair) => Teacher.Taps[Pairs[pair].Teacher];
}
