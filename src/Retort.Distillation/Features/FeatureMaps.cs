using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>Maps [N, C, H, W] of two networks, brought to one size.</summary>
public static class FeatureMaps
{
    /// <summary>
    /// Where the heights differ, averages the higher maps down to a square of the other's height (adaptive windows), as RepDistiller does.
    /// </summary>
    /// <param name="pair">[N, C, H, W] and [N, C', H', W'].</param>
    /// <returns>Maps of one size; the smaller side is the tensor that came in.</returns>
    public static FeaturePair ToSmaller(FeaturePair pair) =>
        new(Within(pair.Student, pair.Teacher.Size(2)), Within(pair.Teacher, pair.Student.Size(2)));

    /// <summary>Averages maps down to a square of a height that they exceed.</summary>
    /// <param name="maps">[N, C, H, W].</param>
    /// <param name="height">At least 1.</param>
    /// <returns>[N, C, height, height], or the same tensor where it is not higher.</returns>
    public static Tensor Within(Tensor maps, long height) => maps.Size(2) > height ? maps.AdaptiveAvgPool2d([height, height]) : maps;

    /// <summary>Refuses pairs that are no maps, or that <see cref="ToSmaller"/> cannot bring to one size.</summary>
    /// <param name="method">Name of the method, for the message.</param>
    /// <param name="binding">The pairs.</param>
    /// <param name="positions">The least number of positions H · W that the method can work with.</param>
    /// <exception cref="MethodException">With both shapes.</exception>
    public static void Require(string method, MethodBinding binding, long positions = 1)
    {
        for (int i = 0; i < binding.Pairs.Count; i++)
        {
            long[] student = binding.StudentShape(i), teacher = binding.TeacherShape(i);
            if (student.Length != 3 || teacher.Length != 3)
                throw Refusal(method, binding, i, "compares maps [C, H, W]: choose taps that give maps");
            (long h, long w) = student[1] == teacher[1] ? (student[1], student[2]) : (Math.Min(student[1], teacher[1]), 0);
            if (w == 0)
                w = student[1] == h ? student[2] : teacher[2];
            bool fits = student[1] == teacher[1] ? student[2] == teacher[2] : w == h;
            if (!fits)
                throw Refusal(method, binding, i, "can reconcile square maps of different size, or maps of equal height and width: choose other taps");
            if (h * w < positions)
                throw Refusal(method, binding, i, $"needs maps of at least {positions} positions, or there is nothing to compare: choose taps with larger maps");
        }
    }

    /// <summary>An error about one pair, with its names and shapes.</summary>
    /// <param name="method">Name of the method.</param>
    /// <param name="binding">The pairs.</param>
    /// <param name="pair">Which one.</param>
    /// <param name="why">What the method does or needs, and what to do: "compares maps: choose others".</param>
    public static MethodException Refusal(string method, MethodBinding binding, int pair, string why) => new(
        $"{method} {why}. The pair \"{binding.Pairs[pair]}\" has [{string.Join(", ", binding.StudentShape(pair))}] of {binding.Student.Name} "
        + $"and [{string.Join(", ", binding.TeacherShape(pair))}] of {binding.Teacher.Name}.");
}
