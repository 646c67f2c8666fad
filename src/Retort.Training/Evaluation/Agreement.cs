namespace Retort.Training.Evaluation;

/// <summary>How alike a student and its teacher answer, right or wrong (Stanton et al. 2021, arXiv:2106.05945, section 3).</summary>
/// <param name="Top1">Share of images that both take for the same class, 0..1.</param>
/// <param name="WhereRight">The same share of the images that the teacher recognises; NaN when there are none.</param>
/// <param name="WhereWrong">The same share of the images that it does not: its mistakes that the student makes too; NaN when there are none.</param>
/// <param name="TotalVariation">Half the sum over classes of |student's probability − teacher's|, mean over images, 0..1.</param>
public sealed record Agreement(double Top1, double WhereRight, double WhereWrong, double TotalVariation)
{
    /// <summary>Compares what two networks said of the same images.</summary>
    /// <param name="student">Of one network.</param>
    /// <param name="teacher">Of the other, image for image; it tells right from wrong.</param>
    /// <exception cref="ArgumentException">They are not of the same images or classes.</exception>
    public static Agreement Between(Predictions student, Predictions teacher)
    {
        if (student.Count != teacher.Count)
            throw new ArgumentException($"The student saw {student.Count} images and the teacher {teacher.Count}.", nameof(teacher));
        int sameWhereRight = 0, right = 0, sameWhereWrong = 0;
        double distance = 0;
        for (int i = 0; i < student.Count; i++)
        {
            bool isSame = student.Answers[i].Class == teacher.Answers[i].Class;
            if (teacher.Answers[i].IsHit)
            {
                right++;
                sameWhereRight += isSame ? 1 : 0;
            }
            else
            {
                sameWhereWrong += isSame ? 1 : 0;
            }

            distance += Distance(student.Probabilities(i), teacher.Probabilities(i));
        }

        return new Agreement(
            Share(sameWhereRight + sameWhereWrong, student.Count), Share(sameWhereRight, right),
            Share(sameWhereWrong, student.Count - right), distance / student.Count);
    }

    private static double Distance(ReadOnlySpan<Half> one, ReadOnlySpan<Half> other)
    {
        if (one.Length != other.Length)
            throw new ArgumentException($"One network has {one.Length} classes, the other {other.Length}.", nameof(other));
        double sum = 0;
        for (int c = 0; c < one.Length; c++)
            sum += Math.Abs((double)one[c] - (double)other[c]);
        return sum / 2;
    }

    private static double Share(int some, int all) => all == 0 ? double.NaN : (double)some / all;
}
