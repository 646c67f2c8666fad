using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.Vision.Datasets;

public sealed class StreamedImagesTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly AugmentationOptions Varied = new()
    {
        ResizedCrop = new RandomResizedCropOptions(), ColorJitter = 0.3, RandAugment = new RandAugmentOptions(), Erasing = new RandomErasingOptions(), Seed = 3,
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_have_the_same_bits_from_memory_and_from_files_on_any_number_of_threads()
    {
        WriteImages();
        string[] expected = Batches(Load(memory: null, threads: 1));
        Assert.Equal(8, expected.Distinct(StringComparer.Ordinal).Count()); // two epochs of four batches
        foreach (int threads in (int[])[1, 2, 5])
        {
            ImageDataset streamed = Load(memory: 0, threads);
            Assert.True(streamed.IsStreamed);
            Assert.Equal(expected, Batches(streamed));
            Assert.Equal(expected[6..], Batches(streamed, firstEpoch: 1, firstStep: 2)); // as after a resume
        }
    }

    [Fact]
    public void Everything_else_of_the_data_set_is_the_same_too()
    {
        WriteImages();
        ImageDataset held = Load(memory: null, threads: 1), streamed = Load(memory: 0, threads: 2);
        Assert.False(held.IsStreamed);
        Assert.Equal((held.Name, held.Count, held.Size, held.DecodedBytes), (streamed.Name, streamed.Count, streamed.Size, streamed.DecodedBytes));
        Assert.Equal(held.Labels.ToArray(), streamed.Labels.ToArray());
        Assert.Equal(Normalization.Measure(held), Normalization.Measure(streamed));
        (ImageDataset kept, ImageDataset dev) = StratifiedSplit.Divide(held, 0.3, seed: 1);
        (ImageDataset keptStreamed, ImageDataset devStreamed) = StratifiedSplit.Divide(streamed, 0.3, seed: 1);
        Assert.True(devStreamed.IsStreamed);
        foreach ((ImageDataset one, ImageDataset other) in new[] { (kept, keptStreamed), (dev, devStreamed) })
        {
            Assert.Equal(one.Count, other.Count);
            for (int i = 0; i < one.Count; i++)
            {
                Assert.Equal(one.Source(i), other.Source(i));
                Assert.Equal(one.Pixels(i).ToArray(), other.Pixels(i).ToArray());
            }
        }
    }

    [Fact]
    public void Images_are_held_up_to_the_limit_and_streamed_beyond_it()
    {
        WriteImages();
        long bytes = 14 * 3 * 12 * 12;
        Assert.False(Load(memory: bytes, threads: 1).IsStreamed);
        Assert.True(Load(memory: bytes - 1, threads: 1).IsStreamed);
        Assert.False(Load(memory: null, threads: 1).IsStreamed);
    }

    [Fact]
    public void Random_parts_are_of_the_whole_images_where_these_are_kept()
    {
        // Red on the left, blue on the right, green in the middle: a square around the middle has none of the ends.
        byte[] rows = [.. Enumerable.Range(0, 8 * 40).SelectMany(i => (byte[])((i % 40) switch { < 10 => [255, 0, 0], >= 30 => [0, 0, 255], _ => [0, 255, 0] }))];
        for (int i = 0; i < 12; i++) _folder.Write($"{(i % 2 == 0 ? 'a' : 'b')}/{i:d2}.png", PngFile.Encode(40, 8, PngFile.Rgb, 8, rows));
        var parts = new AugmentationOptions { ResizedCrop = new RandomResizedCropOptions { LeastScale = 0.1, MostScale = 0.2 } };
        var transform = new AugmentedTransform(new Normalization([0, 0, 0], [1, 1, 1]), parts, ImageSize.Square(8));
        HashSet<string> Seen(ImageDataset data)
        {
            HashSet<string> colours = [];
            foreach (Batch batch in new BatchLoader(data, new Sampler(data.Count, data.Count), transform).Epoch(0))
            {
                using (batch)
                    foreach (float[] pixel in batch.Images.DenseSpan<float>().ToArray().Chunk(3)) colours.Add(string.Join(' ', pixel));
            }

            return colours;
        }

        ImageDataset whole = Load(memory: null, threads: 2, whole: true), cut = Load(memory: null, threads: 2);
        Assert.True(whole is { IsWhole: true, IsStreamed: true, Size: { Width: 12, Height: 12 } });
        Assert.False(cut.IsWhole);
        Assert.Superset(new HashSet<string>(["1 0 0", "0 1 0", "0 0 1"], StringComparer.Ordinal), Seen(whole));
        Assert.Equal(["0 1 0"], Seen(cut));
        Assert.Equal(Seen(cut), Seen(Load(memory: 0, threads: 2))); // streamed for want of memory
        Assert.True(StratifiedSplit.Divide(whole, 0.5, seed: 1).Kept.IsWhole);
        Assert.Equal(cut.Pixels(3).ToArray(), whole.Pixels(3).ToArray()); // what an evaluation sees
        string message = Assert.Throws<ArgumentException>(
            () => new BatchLoader(whole, new Sampler(12, 4), new AugmentedTransform(Normalization.Cifar10, parts))).Message;
        Assert.StartsWith("The transform needs a size, as the images of 'x' ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_are_whole_as_they_are_held_need_not_be_streamed()
    {
        for (int i = 0; i < 4; i++) _folder.Write($"{(i % 2 == 0 ? 'a' : 'b')}/{i}.png", Noise(12, 12, i));
        ImageDataset held = Load(memory: null, threads: 1, whole: true), streamed = Load(memory: 0, threads: 2, whole: true);
        Assert.Equal((false, true), (held.IsStreamed, streamed.IsStreamed));
        Assert.False(streamed.IsWhole); // it is memory that lacks
        Assert.Equal(Batches(held), Batches(streamed));
    }

    [Fact]
    public void A_header_that_cannot_be_read_fails_the_load_as_it_does_in_memory()
    {
        WriteImages();
        string bad = _folder.Write("b/bad.png", "no picture"u8);
        string Error(long? memory) => Assert.Throws<DataException>(() => Load(memory, threads: 2)).Message;
        Assert.Contains($"1 of the 15 images in '{_folder.Path}' cannot be read ('{bad}': ", Error(0), StringComparison.Ordinal);
        Assert.Equal(Error(null), Error(0));
        _folder.Write("b/bad.png", PngFile.Flat(3, 4, 1));
        Assert.Equal(
            Assert.Throws<DataException>(() => ImageFolder.Load(_folder.Path, new ImageFileOptions { Threads = 2 })).Message,
            Assert.Throws<DataException>(() => ImageFolder.Load(_folder.Path, new ImageFileOptions { Threads = 2, Memory = 0 })).Message);
    }

    [Fact]
    public void A_header_behind_much_metadata_is_found()
    {
        byte[] comment = [0xff, 0xfe, 0xff, 0xff, .. new byte[0xfffd]];
        byte[] image = [.. JpegFile.Rgb[..2], .. comment, .. comment, .. JpegFile.Rgb[2..]];
        var reader = new ImageFileReader();
        Assert.Null(reader.Probe(_folder.Write("a/1.jpg", image), out ImageSize size));
        Assert.Equal(new ImageSize(JpegFile.Width, JpegFile.Height), size);
    }

    [Fact]
    public void An_image_damaged_behind_its_header_fails_its_batch_by_name_after_those_before_it()
    {
        WriteImages();
        string damaged = Directory.GetFiles(Path.Combine(_folder.Path, "b"), "*.jpg").Order(StringComparer.Ordinal).Last();
        File.WriteAllBytes(damaged, JpegFile.Rgb[..^40]);
        ImageDataset data = Load(memory: 0, threads: 2);
        BatchLoader loader = BatchLoader.ForEvaluation(data, 4, Normalization.Cifar10);
        long before = Collector.LiveTensors();
        int taken = 0;
        string message = Assert.Throws<DataException>(() =>
        {
            foreach (Batch batch in loader.Epoch(0))
            {
                batch.Dispose();
                taken++;
            }
        }).Message;
        Assert.StartsWith($"Data set 'x': image '{damaged}' cannot be read (", message, StringComparison.Ordinal);
        Assert.Equal(3, taken); // of 14 images the last one is in the fourth batch
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Where_corrupt_images_are_left_out_they_are_found_before_the_first_batch()
    {
        WriteImages();
        string damaged = _folder.Write("a/torn.jpg", JpegFile.Rgb[..^40]);
        List<SkippedImage> skipped = [];
        ImageDataset data = ImageFolder.Load(
            _folder.Path, new ImageFileOptions { Size = ImageSize.Square(12), Memory = 0, SkipCorrupt = true, OnSkipped = skipped.Add });
        Assert.Equal(damaged, Assert.Single(skipped).Path);
        Assert.Equal(14, data.Count);
        Assert.DoesNotContain(damaged, Enumerable.Range(0, data.Count).Select(data.Source));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_image_is_read_after_an_epoch_was_left_and_few_ahead_of_it(int threads)
    {
        const int batch = 4, depth = 3;
        var pixels = new WatchedPixels(threads);
        var data = new ImageDataset("x", ["a"], ImageSize.Square(8), pixels, new int[400], null);
        var loader = new BatchLoader(data, new Sampler(data.Count, batch), CropFlipNormalize.Evaluation(Normalization.Cifar10), depth);
        long before = Collector.LiveTensors();
        foreach (Batch first in loader.Epoch(0))
        {
            first.Dispose();
            break;
        }

        Assert.Equal(0, pixels.UnderWay);
        Assert.InRange(pixels.Started, batch, batch * (depth + 2)); // one taken, three waiting, one in the making
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Cancelling_stops_within_a_batch()
    {
        using var cancel = new CancellationTokenSource();
        using var reached = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();
        var pixels = new WatchedPixels(threads: 2)
        {
            Reading = started =>
            {
                if (started >= 5) reached.Set();
                never.Wait(10); // a decoder takes its time
            },
        };
        var data = new ImageDataset("x", ["a"], ImageSize.Square(8), pixels, new int[400], null);
        var loader = new BatchLoader(data, new Sampler(data.Count, 400), CropFlipNormalize.Evaluation(Normalization.Cifar10));
        long before = Collector.LiveTensors();
        var stopping = new Thread(() =>
        {
            reached.Wait(Long);
            cancel.Cancel();
        });
        stopping.Start();
        Assert.ThrowsAny<OperationCanceledException>(() => loader.Epoch(0, cancel: cancel.Token).Count());
        stopping.Join();
        Assert.Equal(0, pixels.UnderWay);
        Assert.InRange(pixels.Started, 5, 399);
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_reader_uses_its_buffers_again()
    {
        WriteImages();
        ImageDataset data = Load(memory: 0, threads: 1);
        var reader = new ImageFileReader();
        for (int i = 0; i < data.Count; i++) data.Read(i, reader);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < data.Count; i++) data.Read(i, reader);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / data.Count, 0, 430); // the file's handle; an image has 432 bytes
    }

    /// <summary>14 images in two classes, of sizes of their own.</summary>
    private void WriteImages()
    {
        for (int i = 0; i < 12; i++)
            _folder.Write($"{(i % 2 == 0 ? 'a' : 'b')}/{i:d2}.png", Noise(10 + (i % 5), 9 + (i % 4), i));
        _folder.Write("a/12.jpg", JpegFile.Rgb);
        _folder.Write("b/13.jpg", JpegFile.Rgb);
    }

    private static byte[] Noise(int width, int height, int seed)
    {
        byte[] rows = new byte[width * height * 3];
        new Random(seed).NextBytes(rows);
        return PngFile.Encode(width, height, PngFile.Rgb, 8, rows);
    }

    private ImageDataset Load(long? memory, int threads, bool whole = false) => ImageFolder.Load(
        _folder.Path, new ImageFileOptions { Name = "x", Size = ImageSize.Square(12), Memory = memory, Threads = threads, Whole = whole });

    /// <summary>Two epochs, each batch as a text of its bits.</summary>
    private static string[] Batches(ImageDataset data, int firstEpoch = 0, int firstStep = 0)
    {
        var loader = new BatchLoader(data, new Sampler(data.Count, 4, seed: 5), new AugmentedTransform(Normalization.Cifar10, Varied, ImageSize.Square(8)));
        List<string> batches = [];
        for (int epoch = firstEpoch; epoch < 2; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch, firstStep))
            {
                using (batch)
                {
                    batches.Add(string.Join(
                        ' ', batch.Indices.ToArray<long>().Concat(batch.Labels.ToArray<long>())
                            .Concat(batch.Images.ToArray<float>().Select(value => (long)BitConverter.SingleToInt32Bits(value)))));
                }
            }
        }

        return [.. batches];
    }

    /// <summary>Black images that know how often they are read.</summary>
    private sealed class WatchedPixels(int threads) : ImagePixels
    {
        private int _started;
        private int _underWay;

        public Action<int>? Reading { get; init; }

        public int Started => Volatile.Read(ref _started);

        public int UnderWay => Volatile.Read(ref _underWay);

        public override int Threads => threads;

        public override ReadOnlySpan<byte> Read(int index, ImageFileReader reader)
        {
            Interlocked.Increment(ref _underWay);
            int started = Interlocked.Increment(ref _started);
            Reading?.Invoke(started);
            Interlocked.Decrement(ref _underWay);
            return reader.Image(3 * 8 * 8);
        }

        public override ImagePixels Subset(string name, ReadOnlySpan<int> indices) => this;
    }
}
