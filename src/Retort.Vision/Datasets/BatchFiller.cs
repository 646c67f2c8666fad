using Retort.Vision.Augmentation;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>Writes transformed images and their labels into batches; safe to use from any number of threads.</summary>
internal sealed class BatchFiller(ImageDataset dataset, ImageTransform transform)
{
    /// <summary>The size of the images in a batch.</summary>
    public ImageSize Size { get; } = transform.Size ?? dataset.Size;

    /// <summary>Writes an image of a batch.</summary>
    /// <param name="batch">Whose indices are there already.</param>
    /// <param name="place">Which image of the batch.</param>
    /// <param name="epoch">Which pass over the data; chooses the augmentation.</param>
    /// <param name="reader">The thread's.</param>
    public void Fill(Batch batch, int place, int epoch, ImageFileReader reader)
    {
        var index = (int)batch.Indices.DenseSpan<long>()[place];
        var length = (int)Size.RgbBytes;
        var target = batch.Images.DenseSpan<float>().Slice(place * length, length);
        ImageSize from = dataset.Size;
        var source = transform.TakesWholeImages ? dataset.ReadWhole(index, reader, out from) : dataset.Read(index, reader);
        transform.Apply(source, from, epoch, index, target);
        batch.Labels.DenseSpan<long>()[place] = dataset.Label(index);
    }
}
