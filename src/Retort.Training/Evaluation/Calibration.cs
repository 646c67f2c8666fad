namespace Retort.Training.Evaluation;

/// <summary>
/// Whether a network is right as often as it is confident: the reliability diagram and the expected calibration error of
/// Guo et al. 2017 (arXiv:1706.04599, section 2, equations 1 to 3).
/// </summary>
/// <param name="Bins">From confidence 0 to 1, all of the same width.</param>
/// <param name="Error">
/// Expected calibration error (ECE), 0..1: |accuracy − mean confidence| of each bin, weighted by its share of the images.
/// </param>
/// <param name="Confidence">Mean confidence over all images, 0..1.</param>
/// <param name="Accuracy">Share of all images that is recognised, 0..1.</param>
public sealed record Calibration(IReadOnlyList<CalibrationBin> Bins, double Error, double Confidence, double Accuracy)
{
    /// <summary>The number of bins of the paper's figures.</summary>
    public const int UsualBins = 15;

    /// <summary>Measures it; NaN where there are no images, or where a confidence is no number.</summary>
    /// <param name="answers">What a network said of labelled images.</param>
    /// <param name="bins">Number of bins, ≥ 1; a confidence on a bound belongs to the lower bin.</param>
    public static Calibration Of(IReadOnlyList<Prediction> answers, int bins = UsualBins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        int[] images = new int[bins], hits = new int[bins];
        double[] confidence = new double[bins];
        foreach (Prediction answer in answers)
        {
            // NaN has no bin; in the first one it makes the error a NaN, as it should.
            int bin = float.IsNaN(answer.Confidence) ? 0 : Math.Clamp((int)MathF.Ceiling(answer.Confidence * bins) - 1, 0, bins - 1);
            images[bin]++;
            hits[bin] += answer.IsHit ? 1 : 0;
            confidence[bin] += answer.Confidence;
        }

        CalibrationBin[] result =
        [
            .. Enumerable.Range(0, bins).Select(b => new CalibrationBin(
                (double)b / bins, (b + 1.0) / bins, images[b], confidence[b] / images[b], (double)hits[b] / images[b])),
        ];
        double error = answers.Count == 0 ? double.NaN : result.Where(b => b.Images > 0)
            .Sum(b => (double)b.Images / answers.Count * Math.Abs(b.Accuracy - b.Confidence));
        return new Calibration(result, error, confidence.Sum() / answers.Count, (double)hits.Sum() / answers.Count);
    }
}
