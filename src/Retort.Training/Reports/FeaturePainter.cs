using Retort.Distillation;
using Retort.Torch;
using Retort.Vision.Datasets;

namespace Retort.Training.Reports;

/// <summary>Draws a stage's feature maps: for each image itself, then pairs of pictures, the mean over the channels and the liveliest channels.</summary>
internal static class FeaturePainter
{
    private const int Channels = 2;

    /// <summary>Draws the maps.</summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="figure">Its maps, of the images given.</param>
    /// <param name="images">The images, in the order of the maps.</param>
    public static FeatureFigure Paint(string stage, StageFigure figure, ImageDataset images)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        Tensor first = figure.First.To(DType.Float32).To(Device.Cpu), second = figure.Second.To(DType.Float32).To(Device.Cpu);
        int channels = (int)Math.Min(Channels, first.Size(1));
        long[] liveliest = first.Transpose(0, 1).Flatten(1).Var([1]).Topk(channels).Item2.ToArray<long>();
        List<(string Name, Tensor First, Tensor Second)> pairs = [("mean", first.Mean([1]), second.Mean([1]))];
        pairs.AddRange(liveliest.Select(c => ($"channel {c}", first.Select(1, c), second.Select(1, c))));
        return new FeatureFigure(
            stage, figure.Title,
            ["image", .. pairs.SelectMany(pair => (string[])[$"{pair.Name}, {figure.FirstName}", $"{pair.Name}, {figure.SecondName}"])],
            [
                .. Enumerable.Range(0, images.Count).Select(i => (IReadOnlyList<Picture>)
                [
                    new Picture($"test image {i + 1}: {images.Classes[images.Label(i)]}", images.Width, images.Height, images.Pixels(i).ToArray()),
                    .. pairs.SelectMany(pair => Pair(
                        pair.First[i], $"{pair.Name}, {figure.FirstName}, image {i + 1}", pair.Second[i], $"{pair.Name}, {figure.SecondName}, image {i + 1}")),
                ]),
            ]);
    }

    // One scale for both, so that a reconstruction that is too faint looks too faint.
    private static Picture[] Pair(Tensor first, string firstName, Tensor second, string secondName)
    {
        float[] one = first.ToArray<float>(), other = second.ToArray<float>();
        float[] finite = [.. one.Concat(other).Where(float.IsFinite).DefaultIfEmpty()];
        float low = finite.Min(), range = Math.Max(finite.Max() - low, float.Epsilon);
        Picture Draw(string name, float[] values) => new(
            name, (int)first.Size(1), (int)first.Size(0),
            [.. values.SelectMany(value => Enumerable.Repeat((byte)(float.IsFinite(value) ? 255 * (value - low) / range : 0), 3))]);
        return [Draw(firstName, one), Draw(secondName, other)];
    }
}
