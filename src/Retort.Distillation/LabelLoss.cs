using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation;

/// <summary>
/// Cross-entropy with the labels, smoothed and weighted by class as the training says. With class weights w it is the weighted mean over the
/// batch, Σᵢ w(yᵢ)·lᵢ / Σᵢ w(yᵢ), so that a factor common to all weights changes nothing. Of mixed images, whose labels are shares t of
/// classes, the weight in the denominator is Σ꜀ tᵢ꜀·w꜀: labels given as shares and as numbers are worth the same.
/// </summary>
public sealed class LabelLoss : Module
{
    private readonly double _smoothing;
    private readonly Tensor? _weights; // a buffer, so that it goes to the device with the module

    /// <summary>Sets how labels count.</summary>
    /// <param name="smoothing">0..1, share of the uniform distribution in the labels.</param>
    /// <param name="classWeights">A weight above 0 for each class; null: all count alike.</param>
    public LabelLoss(double smoothing, IReadOnlyList<double>? classWeights)
    {
        _smoothing = smoothing;
        if (classWeights is not null)
            _weights = AddBuffer("class_weights", Tensor.From<float>([.. classWeights.Select(weight => (float)weight)]));
    }

    /// <summary>The loss of a batch.</summary>
    /// <param name="logits">[N, classes].</param>
    /// <param name="labels">Int64 [N]; or float32 [N, classes], probabilities, where images are mixed.</param>
    /// <returns>A float32 scalar, owned by the current scope.</returns>
    public Tensor Of(Tensor logits, Tensor labels)
    {
        Tensor loss = Losses.CrossEntropy(logits, labels, _smoothing, _weights);
        // libtorch divides by the weights of labels that are numbers, but by the number of images where they are probabilities.
        return _weights is null || labels.DType == DType.Int64 ? loss : loss * labels.Size(0) / (labels * _weights).Sum();
    }
}
