using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.TensorBoard;

/// <summary>Histograms of what a network makes of some images, tap by tap. Draws no random number and changes nothing.</summary>
/// <param name="images">The images that are looked at, a batch.</param>
/// <param name="normalization">What the network expects.</param>
/// <param name="size">Size of the images' middle that it sees; null: the whole images.</param>
/// <param name="compute">Where and how it runs.</param>
internal sealed class FeatureHistograms(ImageDataset images, Normalization normalization, ImageSize? size, Compute compute)
{
    private const int Buckets = 30;

    /// <summary>Runs the network.</summary>
    public IReadOnlyList<KeyValuePair<string, HistogramProto>> Of(Network network)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        using Batch batch = BatchLoader.ForEvaluation(images, images.Count, normalization, size).Epoch(0).First();
        NetworkOutput output;
        using (compute.Enter())
            output = network.Forward(batch.Images.To(compute.Device), network.TapNames.ToHashSet());
        return
        [
            .. network.TapNames.Select(tap => KeyValuePair.Create(tap, Of(output[tap]))),
            KeyValuePair.Create("logits", Of(output.Logits)),
        ];
    }

    /// <summary>Counts values in buckets of one width; those that are no numbers are left out.</summary>
    public static HistogramProto Of(IReadOnlyCollection<float> values)
    {
        double[] finite = [.. values.Where(float.IsFinite).Select(value => (double)value)];
        var histogram = new HistogramProto();
        if (finite.Length == 0)
            return histogram;
        double low = finite.Min(), high = finite.Max(), width = Math.Max((high - low) / Buckets, 1e-12);
        double[] counts = new double[Buckets];
        foreach (double value in finite)
            counts[Math.Min((int)((value - low) / width), Buckets - 1)]++;
        (histogram.Min, histogram.Max, histogram.Num) = (low, high, finite.Length);
        (histogram.Sum, histogram.SumSquares) = (finite.Sum(), finite.Sum(value => value * value));
        histogram.Bucket.AddRange(counts);
        histogram.BucketLimit.AddRange(Enumerable.Range(1, Buckets).Select(bucket => low + (bucket * width)));
        return histogram;
    }

    private static HistogramProto Of(Tensor tensor) => Of(tensor.To(DType.Float32).To(Device.Cpu).ToArray<float>());
}
