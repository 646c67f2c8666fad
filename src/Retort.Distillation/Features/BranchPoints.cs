namespace Retort.Distillation.Features;

/// <summary>Where branches of a student attach to a teacher: both are cut into blocks at the ends of their stages.</summary>
internal static class BranchPoints
{
    /// <summary>The stages as <see cref="TapChoice.Stages(NetworkShape, NetworkShape)"/> pairs them, without the last of either network.</summary>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <exception cref="MethodException">A network has no maps, or only one block.</exception>
    public static IReadOnlyList<TapPair> Choose(NetworkShape student, NetworkShape teacher)
    {
        string[] ofStudent = TapChoice.StagesOf(student), ofTeacher = TapChoice.StagesOf(teacher);
        TapPair[] points =
        [
            .. TapChoice.Stages(student, teacher).Where(pair => pair.Student != ofStudent[^1] && pair.Teacher != ofTeacher[^1]),
        ];
        return points.Length > 0
            ? points
            : throw new MethodException(
                $"sftn puts branches on all stages but the last, but {student.Name} has {string.Join(", ", ofStudent)} and {teacher.Name} "
                + $"{string.Join(", ", ofTeacher)}: name points in 'branches', or choose networks with more stages.");
    }
}
