using Retort.Training.Evaluation;

namespace Retort.Tests.Training.Evaluation;

public sealed class CalibrationTests
{
    [Fact]
    public void The_error_is_that_of_a_computation_by_hand()
    {
        // (0.25, 0.5]: 0.5 right, 0.3 wrong: accuracy 0.5, confidence 0.4. (0.75, 1]: 0.9 right, 1 wrong, 0.8 wrong: 1/3 and 0.9.
        Calibration calibration = Calibration.Of([Right(0.5f), Wrong(0.3f), Right(0.9f), Wrong(1), Wrong(0.8f)], bins: 4);

        Assert.Equal([0, 2, 0, 3], calibration.Bins.Select(b => b.Images));
        Assert.Equal([0, 0.25, 0.5, 0.75], calibration.Bins.Select(b => b.Low));
        Assert.Equal(1, calibration.Bins[^1].High);
        Assert.Equal((0.5, 0.4), (calibration.Bins[1].Accuracy, Math.Round(calibration.Bins[1].Confidence, 6)));
        Assert.Equal((2.0 / 5 * 0.1) + (3.0 / 5 * (0.9 - (1 / 3.0))), calibration.Error, 1e-6);
        Assert.Equal(0.7, calibration.Confidence, 1e-6);
        Assert.Equal(0.4, calibration.Accuracy, 12);
    }

    [Fact]
    public void There_are_15_bins_and_a_confidence_on_a_bound_is_in_the_lower_one()
    {
        Calibration calibration = Calibration.Of([Right(1), Right(0.2f), Wrong(1 / 15f + 1e-4f)]);

        Assert.Equal(15, calibration.Bins.Count);
        Assert.Equal([1, 2, 14], Enumerable.Range(0, 15).Where(b => calibration.Bins[b].Images > 0));
    }

    [Fact]
    public void A_network_that_is_right_as_often_as_it_is_sure_has_no_error() =>
        Assert.Equal(0, Calibration.Of([Right(0.75f), Right(0.75f), Right(0.75f), Wrong(0.75f)]).Error, 1e-6);

    [Fact]
    public void Without_images_or_with_confidences_that_are_no_numbers_there_is_no_figure()
    {
        Assert.True(double.IsNaN(Calibration.Of([]).Error));
        Assert.True(double.IsNaN(Calibration.Of([Right(0.5f), Wrong(float.NaN)]).Error));
    }

    private static Prediction Right(float confidence) => new(1, 1, confidence);

    private static Prediction Wrong(float confidence) => new(1, 0, confidence);
}
