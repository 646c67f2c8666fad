namespace Retort.Distillation.Features;

/// <summary>
/// Where branches of a student attach to a teacher: both are cut into blocks at the ends of their stages, which are paired in order. Where
/// one network has more stages, the other's are laid beside those of the nearest sizes, the earlier ones where several are as near.
/// </summary>
internal static class BranchPoints
{
    /// <summary>A pair for every block but the last.</summary>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <exception cref="MethodException">A network has no maps, or only one block.</exception>
    public static IReadOnlyList<TapPair> Choose(NetworkShape student, NetworkShape teacher)
    {
        string[] ofStudent = TapChoice.StagesOf(student), ofTeacher = TapChoice.StagesOf(teacher);
        int shared = Math.Min(ofStudent.Length, ofTeacher.Length);
        TapPair[] nearest = Placements(ofStudent, ofTeacher, shared)
            .MinBy(pairs => pairs.Sum(pair => Octaves(student.Taps[pair.Student], teacher.Taps[pair.Teacher])))!;
        TapPair[] points = [.. nearest.Where(pair => pair.Student != ofStudent[^1] && pair.Teacher != ofTeacher[^1])];
        return points.Length > 0
            ? points
            : throw new MethodException(
                $"sftn puts branches on all stages but the last, but {student.Name} has {string.Join(", ", ofStudent)} and {teacher.Name} "
                + $"{string.Join(", ", ofTeacher)}: name points in 'branches', or choose networks with more stages.");
    }

    private static IEnumerable<TapPair[]> Placements(string[] student, string[] teacher, int shared)
    {
        for (int s = 0; s <= student.Length - shared; s++)
        {
            for (int t = 0; t <= teacher.Length - shared; t++)
                yield return [.. student[s..(s + shared)].Zip(teacher[t..(t + shared)], (one, other) => new TapPair(one, other))];
        }
    }

    private static double Octaves(long[] one, long[] other) => Math.Abs(Math.Log2((double)one[1] / other[1]));
}
