using Retort.Torch;

namespace Retort.Distillation;

/// <summary>Labels of a batch: class numbers, or probabilities of the classes where mixup or cutmix mixed the images.</summary>
public static class ClassLabels
{
    /// <summary>The class of each sample; of a mixed image the one with the greatest share.</summary>
    /// <param name="labels">Int64 [N], or floating-point [N, classes].</param>
    /// <returns>Int64 [N].</returns>
    public static Tensor Of(Tensor labels) => labels.DType == DType.Int64 ? labels : labels.Argmax(1);
}
