using Retort.Torch;

namespace Retort.Distillation.Features;

/// <summary>Maps [N, C, H, W] of two networks, brought to one size.</summary>
public static class FeatureMaps
{
    /// <summary>
    /// Where the heights differ, averages the higher maps down to the other's size (adaptive windows). RepDistiller averages to a square,
    /// which is the same for square maps.
    /// </summary>
    /// <param name="pair">[N, C, H, W] and [N, C', H', W'].</param>
    /// <returns>Maps of one size; the smaller side is the tensor that came in.</returns>
    public static FeaturePair ToSmaller(FeaturePair pair) => pair.Student.Size(2).CompareTo(pair.Teacher.Size(2)) switch
    {
        0 => pair,
        > 0 => pair with { Student = Within(pair.Student, pair.Teacher) },
        _ => pair with { Teacher = Within(pair.Teacher, pair.Student) },
    };

    /// <summary>Refuses pairs that are no maps, or that <see cref="ToSmaller"/> cannot bring to one size.</summary>
    /// <param name="method">Name of the method, for the message.</param>
    /// <param name="binding">The pairs.</param>
    /// <param name="positions">The least number of positions H · W that the method can work with.</param>
    /// <exception cref="MethodException">With both shapes.</exception>
    public static void Require(string method, MethodBinding binding, long positions = 1)
    {
        binding.RequireMaps(method);
        for (int i = 0; i < binding.Pairs.Count; i++)
        {
            long[] student = binding.StudentShape(i), teacher = binding.TeacherShape(i);
            (long[] small, long[] large) = student[1] < teacher[1] ? (student, teacher) : (teacher, student);
            if (small[1] == large[1] ? small[2] != large[2] : small[2] > large[2])
                throw binding.Refuse(i, $"{method} needs one map that is at least as large as the other in both directions");
            if (small[1] * small[2] < positions)
            {
                throw binding.Refuse(
                    i, $"{method} needs maps of at least {positions} positions, or there is nothing to compare", "choose taps with larger maps");
            }
        }
    }

    /// <summary>
    /// All numbers of a sample in a row, in the order of memory where the maps are channels last: what is the same for any order of the numbers
    /// takes no copy then.
    /// </summary>
    /// <param name="features">[N, C, H, W], or [N, ...] where it is not channels last.</param>
    /// <param name="channelsLast">Which order is taken; one for features whose numbers are compared with each other.</param>
    /// <returns>[N, numbers of a sample].</returns>
    public static Tensor Rows(Tensor features, bool channelsLast) => (channelsLast ? features.Permute([0, 2, 3, 1]) : features).Flatten(1);

    private static Tensor Within(Tensor maps, Tensor size) => maps.AdaptiveAvgPool2d([size.Size(2), size.Size(3)]);
}
