using Retort.Distillation;

namespace Retort.Training.DryRuns;

/// <summary>A pair of taps that a method compares, with their shapes for one image: [C, H, W] or [D].</summary>
/// <param name="Student">The student's tap: "stage3".</param>
/// <param name="StudentShape">Its shape.</param>
/// <param name="Teacher">The teacher's tap.</param>
/// <param name="TeacherShape">Its shape.</param>
public sealed record MatchedTaps(string Student, IReadOnlyList<long> StudentShape, string Teacher, IReadOnlyList<long> TeacherShape)
{
    /// <summary>The pairs that a method is bound to.</summary>
    /// <param name="binding">What it was bound to.</param>
    public static IReadOnlyList<MatchedTaps> Of(MethodBinding binding) =>
        [.. binding.Pairs.Select((pair, k) => new MatchedTaps(pair.Student, binding.StudentShape(k), pair.Teacher, binding.TeacherShape(k)))];

    /// <summary>"stage3 [64, 8, 8] ← stage3 [256, 8, 8]", the student's first.</summary>
    public override string ToString() =>
        $"{Student} [{string.Join(", ", StudentShape)}] ← {Teacher} [{string.Join(", ", TeacherShape)}]";
}
