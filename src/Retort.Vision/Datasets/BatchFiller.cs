using Retort.Vision.Augmentation;

namespace Retort.Vision.Datasets;

/// <summary>Turns sample indices into the contents of a batch; knows nothing of tensors and threads.</summary>
internal sealed class BatchFiller(ImageDataset dataset, ImageTransform transform)
{
    /// <summary>Writes the transformed images and the labels of a batch.</summary>
    /// <param name="indices">Which samples, in order.</param>
    /// <param name="epoch">Which pass over the data; chooses the augmentation.</param>
    /// <param name="pixels">[N, H, W, 3] or [N, 3, H, W], as the transform's order says.</param>
    /// <param name="labels">[N].</param>
    public void Fill(ReadOnlySpan<int> indices, int epoch, Span<float> pixels, Span<long> labels)
    {
        var length = (int)(transform.Size ?? dataset.Size).RgbBytes;
        for (var i = 0; i < indices.Length; i++)
        {
            var index = indices[i];
            transform.Apply(dataset.Pixels(index), dataset.Size, epoch, index, pixels.Slice(i * length, length));
            labels[i] = dataset.Label(index);
        }
    }
}
