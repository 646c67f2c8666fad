namespace Retort.Training.Evaluation;

/// <summary>The images whose confidence lies between two bounds.</summary>
/// <param name="Low">Above this confidence.</param>
/// <param name="High">Up to this confidence.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Confidence">Their mean confidence, 0..1; NaN without images.</param>
/// <param name="Accuracy">The share of them that is recognised, 0..1; NaN without images.</param>
public sealed record CalibrationBin(double Low, double High, int Images, double Confidence, double Accuracy);
