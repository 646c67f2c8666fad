using Retort.Training.Evaluation;

namespace Retort.Tests.Training.Evaluation;

public sealed class AgreementTests
{
    [Fact]
    public void Shares_and_distance_are_those_of_a_computation_by_hand()
    {
        // The teacher is right on the first three images; the student agrees on two of them, and on one of the other two.
        Predictions teacher = Predictions((0, 0, [1, 0, 0]), (1, 1, [0, 1, 0]), (2, 2, [0, 0, 1]), (0, 1, [0, 1, 0]), (0, 1, [0, 1, 0]));
        Predictions student = Predictions((0, 0, [1, 0, 0]), (1, 1, [0.25, 0.75, 0]), (2, 0, [0.5, 0.5, 0]), (0, 1, [0, 1, 0]), (0, 0, [0.5, 0.25, 0.25]));

        Agreement agreement = Agreement.Between(student, teacher);

        Assert.Equal(3.0 / 5, agreement.Top1, 12);
        Assert.Equal(2.0 / 3, agreement.WhereRight, 12);
        Assert.Equal(1.0 / 2, agreement.WhereWrong, 12);
        Assert.Equal((0 + 0.25 + 1 + 0 + 0.75) / 5, agreement.TotalVariation, 12);
    }

    [Fact]
    public void A_network_agrees_with_itself()
    {
        Predictions one = Predictions((0, 0, [1, 0]), (1, 1, [0, 1]));

        Assert.Equal((1, 1, 0), (Agreement.Between(one, one).Top1, Agreement.Between(one, one).WhereRight, Agreement.Between(one, one).TotalVariation));
        Assert.True(double.IsNaN(Agreement.Between(one, one).WhereWrong));
    }

    [Fact]
    public void Other_images_or_classes_cannot_be_compared()
    {
        Predictions one = Predictions((0, 0, [1, 0]));

        Assert.Throws<ArgumentException>(() => Agreement.Between(one, Predictions((0, 0, [1, 0]), (0, 0, [1, 0]))));
        Assert.Throws<ArgumentException>(() => Agreement.Between(one, Predictions((0, 0, [1, 0, 0]))));
        Assert.Throws<ArgumentException>(() => new Predictions(one.Answers, []));
    }

    private static Predictions Predictions(params (int Label, int Class, double[] Probabilities)[] images) => new(
        images.Select(i => new Prediction(i.Label, i.Class, (float)i.Probabilities.Max())),
        images.Select(i => i.Probabilities.Select(p => (Half)p).ToArray()));
}
