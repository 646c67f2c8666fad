using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Vision.Augmentation;

/// <summary>Mean and standard deviation of each channel of pixels in 0..1; networks see (x / 255 − mean) / deviation.</summary>
public sealed record Normalization
{
    /// <summary>Takes three means and three deviations.</summary>
    /// <param name="mean">Red, green, blue.</param>
    /// <param name="deviation">Red, green, blue; each above 0.</param>
    /// <exception cref="ArgumentException">Not three of each, or a value that is not finite, or a deviation that is not positive.</exception>
    public Normalization(IReadOnlyList<float> mean, IReadOnlyList<float> deviation)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(deviation);
        if (mean.Count != 3 || deviation.Count != 3)
            throw new ArgumentException($"Normalisation needs 3 means and 3 deviations (red, green, blue), and was given {mean.Count} and {deviation.Count}.");
        if (mean.Any(value => !float.IsFinite(value)) || deviation.Any(value => !float.IsFinite(value) || value <= 0))
            throw new ArgumentException("Normalisation needs finite means, and deviations above 0.");
        Mean = [.. mean];
        Deviation = [.. deviation];
    }

    /// <summary>Mean of red, green, blue.</summary>
    public IReadOnlyList<float> Mean { get; }

    /// <summary>Standard deviation of red, green, blue.</summary>
    public IReadOnlyList<float> Deviation { get; }

    /// <summary>CIFAR-10, as most published checkpoints use it.</summary>
    public static Normalization Cifar10 { get; } = new([0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f]);

    /// <summary>CIFAR-100 as in RepDistiller, whose checkpoints expect it.</summary>
    public static Normalization Cifar100 { get; } = new([0.5071f, 0.4867f, 0.4408f], [0.2675f, 0.2565f, 0.2761f]);

    /// <summary>ImageNet as in torchvision.</summary>
    public static Normalization ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>The presets by the name that a recipe uses.</summary>
    public static IReadOnlyDictionary<string, Normalization> Presets { get; } =
        new Dictionary<string, Normalization>(StringComparer.Ordinal)
        {
            ["cifar10"] = Cifar10,
            ["cifar100"] = Cifar100,
            ["repdistiller"] = Cifar100, // RepDistiller normalises every data set so
            ["imagenet"] = ImageNet,
        };

    /// <summary>Measures a data set: over all pixels of all images, so give the training split. Images that are streamed are decoded once for it.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="progress">Is told the images done and the images in all, on the calling thread.</param>
    /// <param name="cancel">Stops the measurement.</param>
    public static Normalization Measure(ImageDataset dataset, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var sums = new long[3]; // whole numbers, so that the order in which threads add does not matter
        var squares = new long[3];
        ReadingThreads.ForEach(dataset.Count, dataset.Threads, Add, progress, cancel);

        void Add(int index, ImageFileReader reader)
        {
            Span<long> sum = stackalloc long[3], square = stackalloc long[3];
            sum.Clear();
            square.Clear();
            var pixels = dataset.Read(index, reader);
            for (var p = 0; p + 2 < pixels.Length; p += 3)
            {
                for (var c = 0; c < 3; c++)
                {
                    int value = pixels[p + c];
                    sum[c] += value;
                    square[c] += value * value;
                }
            }

            for (var c = 0; c < 3; c++)
            {
                Interlocked.Add(ref sums[c], sum[c]);
                Interlocked.Add(ref squares[c], square[c]);
            }
        }

        var count = Math.Max(1.0, (double)dataset.Count * dataset.Width * dataset.Height);
        var mean = new float[3];
        var deviation = new float[3];
        for (var c = 0; c < 3; c++)
        {
            var average = sums[c] / count;
            mean[c] = (float)(average / 255);
            deviation[c] = (float)Math.Max(Math.Sqrt(Math.Max(0, (squares[c] / count) - (average * average))) / 255, 1e-3); // a flat channel
        }

        return new Normalization(mean, deviation);
    }

    /// <summary>Same means and same deviations.</summary>
    public bool Equals(Normalization? other) =>
        other is not null && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mean[0], Mean[1], Mean[2], Deviation[0], Deviation[1], Deviation[2]);
}
