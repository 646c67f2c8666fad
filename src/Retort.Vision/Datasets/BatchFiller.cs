using Retort.Torch;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Turns sample indices into the contents of a batch, on as many threads as the data set needs; the result does not depend on how many.</summary>
internal sealed class BatchFiller(ImageDataset dataset, ImageTransform transform)
{
    private readonly ReadingThreads _threads = new(dataset.Threads);

    /// <summary>Writes the transformed images and the labels of a batch.</summary>
    /// <param name="indices">Which samples, in order.</param>
    /// <param name="epoch">Which pass over the data; chooses the augmentation.</param>
    /// <param name="images">Float32 [N, 3, H, W], its memory in the transform's order.</param>
    /// <param name="labels">Int64 [N].</param>
    /// <param name="stop">Stops after the images that are under way.</param>
    public void Fill(int[] indices, int epoch, Tensor images, Tensor labels, CancellationToken stop)
    {
        var length = (int)(transform.Size ?? dataset.Size).RgbBytes;
        _threads.ForEach(
            indices.Length,
            (i, reader) =>
            {
                var index = indices[i];
                transform.Apply(
                    dataset.Read(index, reader), dataset.Size, epoch, index, images.DenseSpan<float>().Slice(i * length, length));
                labels.DenseSpan<long>()[i] = dataset.Label(index);
            },
            stop);
    }
}
