using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class BatchLoaderTests
{
    private static readonly ImageDataset Data =
        SyntheticShapes.Generate(DatasetSplit.Test, new SyntheticShapesOptions { TestImages = 50 });

    [Fact]
    public void Batches_hold_the_transformed_images_labels_and_indices()
    {
        var loader = BatchLoader.ForTraining(Data, 16, Normalization.Cifar100, new CropFlipOptions(), seed: 1);
        var order = loader.Sampler.Order(2);
        var pixels = new float[Data.Size.RgbBytes];
        var seen = 0;
        foreach (var batch in loader.Epoch(2))
        {
            using (batch)
            {
                Assert.Equal([batch.Count, 3, 32, 32], batch.Images.Shape);
                Assert.True(batch.Images.IsChannelsLast);
                Assert.Equal((DType.Float32, DType.Int64), (batch.Images.DType, batch.Labels.DType));
                var indices = batch.Indices.ToArray<long>();
                for (var i = 0; i < batch.Count; i++, seen++)
                {
                    Assert.Equal(order[seen], indices[i]);
                    Assert.Equal(Data.Label(order[seen]), batch.Labels.ToArray<long>()[i]);
                    loader.Transform.Apply(Data.Pixels(order[seen]), Data.Size, 2, order[seen], pixels);
                    Assert.Equal(pixels, batch.Images.DenseSpan<float>().Slice(i * pixels.Length, pixels.Length).ToArray());
                }
            }
        }

        Assert.Equal(50, seen);
    }

    [Fact]
    public void Plain_and_channels_last_memory_hold_the_same_tensor()
    {
        var sampler = new Sampler(Data.Count, 8) { Shuffle = false };
        var last = new BatchLoader(Data, sampler, CropFlipNormalize.Evaluation(Normalization.Cifar10));
        var first = new BatchLoader(Data, sampler, CropFlipNormalize.Evaluation(Normalization.Cifar10, PixelOrder.ChannelsFirst));
        using var a = last.Epoch(0).First();
        using var b = first.Epoch(0).First();
        Assert.True(b.Images.IsContiguous);
        Assert.Equal(b.Images.ToArray<float>(), a.Images.ToArray<float>());
    }

    [Fact]
    public void A_resumed_epoch_gives_the_batches_that_were_left()
    {
        var loader = BatchLoader.ForTraining(Data, 16, Normalization.Cifar10, new CropFlipOptions(), seed: 1);
        var whole = Indices(loader, 0);
        Assert.Equal(whole.Skip(2), Indices(loader, 2));
        Assert.Empty(Indices(loader, 4));
    }

    [Fact]
    public void The_last_batch_is_kept_or_dropped()
    {
        Assert.Equal(4, Indices(BatchLoader.ForTraining(Data, 16, Normalization.Cifar10, null, 1), 0).Count);
        Assert.Equal(3, Indices(BatchLoader.ForTraining(Data, 16, Normalization.Cifar10, null, 1, dropLast: true), 0).Count);
    }

    [Fact]
    public void An_epoch_left_early_leaves_no_tensor_behind()
    {
        var loader = BatchLoader.ForEvaluation(Data, 8, Normalization.Cifar10);
        long before = Collector.LiveTensors();
        foreach (var batch in loader.Epoch(0))
        {
            batch.Dispose();
            break;
        }

        foreach (var batch in loader.Epoch(0)) batch.Dispose();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_cancelled_epoch_throws()
    {
        using var cancel = new CancellationTokenSource();
        var loader = BatchLoader.ForEvaluation(Data, 8, Normalization.Cifar10);
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var batch in loader.Epoch(0, cancel: cancel.Token))
            {
                batch.Dispose();
                cancel.Cancel();
            }
        });
    }

    [Fact]
    public void A_sampler_for_another_number_of_images_is_refused() => Assert.Contains(
        "The sampler is for 9 images, and 'shapes-test' has 50.",
        Assert.Throws<ArgumentException>(() => new BatchLoader(Data, new Sampler(9, 2), CropFlipNormalize.Evaluation(Normalization.Cifar10))).Message,
        StringComparison.Ordinal);

    private static List<string> Indices(BatchLoader loader, int firstStep)
    {
        List<string> result = [];
        foreach (var batch in loader.Epoch(7, firstStep))
        {
            using (batch) result.Add($"{batch.Step}: {string.Join(' ', batch.Indices.ToArray<long>())}");
        }

        return result;
    }
}
