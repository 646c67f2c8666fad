namespace Retort.Training.Evaluation;

/// <summary>How well a network does on labelled images.</summary>
/// <param name="Images">Number of images.</param>
/// <param name="Top1">Share of images whose class has the highest logit, 0..1.</param>
/// <param name="Top5">Share of images whose class is among the five highest logits, 0..1; 1 with at most five classes.</param>
/// <param name="Loss">Mean cross-entropy.</param>
/// <param name="Confusion">[true class, predicted class] counts.</param>
/// <param name="ImagesPerSecond">Forward passes alone, without decoding and copying.</param>
/// <param name="Predictions">What was said of each image.</param>
public sealed record EvaluationResult(
    int Images, double Top1, double Top5, double Loss, int[,] Confusion, double ImagesPerSecond, Predictions Predictions)
{
    /// <summary>Share of a class's images that are recognised, 0..1; NaN for a class without images.</summary>
    public double ClassAccuracy(int label)
    {
        long all = 0;
        for (int predicted = 0; predicted < Confusion.GetLength(1); predicted++)
            all += Confusion[label, predicted];
        return all == 0 ? double.NaN : (double)Confusion[label, label] / all;
    }
}
