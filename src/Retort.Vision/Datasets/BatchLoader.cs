using Retort.Torch;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Datasets;

/// <summary>
/// Makes the batches of an epoch in the background, a few ahead of the training thread, on as many threads as the data set needs. A batch is a
/// function of (seed, epoch, step) alone.
/// </summary>
/// <example><code>
/// foreach (Batch batch in loader.Epoch(epoch, cancel: cancel))
/// {
///     using (batch)
///         Step(batch.Images, batch.Labels);
/// }
/// </code></example>
public sealed class BatchLoader
{
    private readonly BatchFiller _filler;
    private readonly int _depth;

    /// <summary>Binds data, order and transform.</summary>
    /// <param name="dataset">What is loaded.</param>
    /// <param name="sampler">In which order; made for as many images as the data set has.</param>
    /// <param name="transform">Bytes to floats.</param>
    /// <param name="depth">Batches that may wait to be taken, ≥ 1.</param>
    /// <exception cref="ArgumentException">The sampler is for another number of images, or images of any size would become batches of no one size.</exception>
    public BatchLoader(ImageDataset dataset, Sampler sampler, ImageTransform transform, int depth = 3)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(transform);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (sampler.Count != dataset.Count)
            throw new ArgumentException($"The sampler is for {sampler.Count} images, and '{dataset.Name}' has {dataset.Count}.", nameof(sampler));
        if (dataset.IsWhole && transform.TakesWholeImages && transform.Size is null)
            throw new ArgumentException($"The transform needs a size, as the images of '{dataset.Name}' have sizes of their own.", nameof(transform));
        Dataset = dataset;
        Sampler = sampler;
        Transform = transform;
        _filler = new BatchFiller(dataset, transform);
        _depth = depth;
    }

    /// <summary>What is loaded.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>In which order.</summary>
    public Sampler Sampler { get; }

    /// <summary>Bytes to floats.</summary>
    public ImageTransform Transform { get; }

    /// <summary>Which images of each batch are loaded. Default: all.</summary>
    public BatchShare Share { get; init; } = BatchShare.Whole;

    /// <summary>A loader for training: shuffled, augmented, the last batch kept unless dropped.</summary>
    /// <param name="dataset">What is loaded.</param>
    /// <param name="batchSize">Images of a batch.</param>
    /// <param name="normalization">Mean and deviation.</param>
    /// <param name="augmentation">What is varied; null: nothing.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <param name="dropLast">Leave out the last batch when it is not full.</param>
    public static BatchLoader ForTraining(
        ImageDataset dataset, int batchSize, Normalization normalization, CropFlipOptions? augmentation, ulong seed, bool dropLast = false)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var transform = augmentation is null
            ? CropFlipNormalize.Evaluation(normalization)
            : new CropFlipNormalize(normalization, augmentation);
        return new BatchLoader(dataset, new Sampler(dataset.Count, batchSize, seed) { DropLast = dropLast }, transform);
    }

    /// <summary>A loader for evaluation: every image once, in order, unvaried.</summary>
    /// <param name="dataset">What is loaded.</param>
    /// <param name="batchSize">Images of a batch.</param>
    /// <param name="normalization">Mean and deviation.</param>
    /// <param name="size">Size of the middle that is shown; null: the whole images.</param>
    /// <param name="share">This process's share of the batches; null: all of them.</param>
    public static BatchLoader ForEvaluation(
        ImageDataset dataset, int batchSize, Normalization normalization, ImageSize? size = null, BatchShare? share = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new BatchLoader(
            dataset, new Sampler(dataset.Count, batchSize) { Shuffle = false }, CropFlipNormalize.Evaluation(normalization, size: size))
        {
            Share = share ?? BatchShare.Whole,
        };
    }

    /// <summary>
    /// The batches of an epoch. Each is the caller's to dispose. The threads start with the enumeration and end with it,
    /// also when it is left early.
    /// </summary>
    /// <param name="epoch">Which pass over the data, ≥ 0; chooses order and augmentation.</param>
    /// <param name="firstStep">The first batch wanted: how many were done before a resume.</param>
    /// <param name="cancel">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="DataException">An image that is streamed cannot be read; thrown in place of its batch, after those before it.</exception>
    public IEnumerable<Batch> Epoch(int epoch, int firstStep = 0, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstStep, Sampler.BatchesPerEpoch);
        return Take(epoch, firstStep, cancel);
    }

    private IEnumerable<Batch> Take(int epoch, int firstStep, CancellationToken cancel)
    {
        using var batches = new Prefetch<Batch>(
            "retort batches", Make(epoch, firstStep), batch => batch.Count, () => Worker(epoch), Dataset.Threads, _depth, cancel);
        while (batches.TryTake(out var batch)) yield return batch;
    }

    private Action<Batch, int> Worker(int epoch)
    {
        var reader = new ImageFileReader();
        return (batch, place) => _filler.Fill(batch, place, epoch, reader);
    }

    private IEnumerable<Batch> Make(int epoch, int firstStep)
    {
        var order = Sampler.Order(epoch);
        for (var step = firstStep; step < Sampler.BatchesPerEpoch; step++) yield return Make(step, Sampler.Batch(order, step));
    }

    /// <summary>A batch with its indices, but without images and labels.</summary>
    private Batch Make(int step, ReadOnlySpan<int> whole)
    {
        var places = Share.Places(whole.Length);
        var format = Transform.Order == PixelOrder.ChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        Tensor? images = null, labels = null, wide = null;
        try
        {
            images = Aten.Empty([places.Length, 3, _filler.Size.Height, _filler.Size.Width], DType.Float32, memoryFormat: format);
            labels = Aten.Empty([places.Length], DType.Int64);
            wide = Aten.Empty([places.Length], DType.Int64);
            var target = wide.DenseSpan<long>();
            for (var i = 0; i < places.Length; i++) target[i] = whole[places[i]];
            return new Batch(step, images, labels, wide, whole.Length);
        }
        catch
        {
            images?.Dispose();
            labels?.Dispose();
            wide?.Dispose();
            throw;
        }
    }
}
