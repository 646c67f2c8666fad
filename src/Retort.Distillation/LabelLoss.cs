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

    /// <summary>The way to the rest of a batch, whose classes count in the denominator; null: there is no rest.</summary>
    internal IBatchExchange? Exchange { get; set; }

    /// <summary>The loss of a batch.</summary>
    /// <param name="logits">[N, classes].</param>
    /// <param name="labels">Int64 [N]; or float32 [N, classes], probabilities, where images are mixed.</param>
    /// <returns>A float32 scalar, owned by the current scope.</returns>
    public Tensor Of(Tensor logits, Tensor labels)
    {
        Tensor loss = Losses.CrossEntropy(logits, labels, _smoothing, _weights);
        if (_weights is null)
            return loss;
        if (Exchange is not null)
            return OfShare(loss, labels, Exchange);
        // libtorch divides by the weights of labels that are numbers, but by the number of images where they are probabilities.
        return labels.DType == DType.Int64 ? loss : loss * labels.Size(0) / (labels * _weights).Sum();
    }

    // The denominator is the whole batch's; and the result counts by the share of the images, as everything that a process computes.
    private Tensor OfShare(Tensor loss, Tensor labels, IBatchExchange exchange)
    {
        bool areNumbers = labels.DType == DType.Int64;
        Tensor own = areNumbers ? _weights!.IndexSelect(0, labels) : (labels * _weights!).Sum([1]);
        Tensor whole = exchange.Gather(own), sum = areNumbers ? loss * own.Sum() : loss * labels.Size(0);
        return sum * ((double)whole.Size(0) / labels.Size(0)) / whole.Sum();
    }
}
