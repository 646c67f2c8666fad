namespace Retort.Vision.Datasets;

/// <summary>
/// The embedded data set, drawn in code: one textured object per image before a darker ground with clouds, lines, shade, blur and
/// noise, at times behind a bar, on request amid smaller objects of other classes. Ten classes: five outlines, each striped or
/// checked. Colour, place, size, turn and aspect say nothing about the class; a network has to see outline and texture at once.
/// Same options, same bytes, on any number of threads.
/// </summary>
public static class SyntheticShapes
{
    /// <summary>Class names; the index is the label.</summary>
    public static IReadOnlyList<string> Classes { get; } =
    [
        "striped disc", "striped square", "striped triangle", "striped star", "striped cross",
        "checked disc", "checked square", "checked triangle", "checked star", "checked cross",
    ];

    /// <summary>Draws a split. Classes are equally frequent, to within one image.</summary>
    /// <param name="split">Training and test images never share a random stream.</param>
    /// <param name="options">What to draw; null for the defaults.</param>
    /// <param name="cancel">Stops the drawing.</param>
    /// <exception cref="DataException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ImageDataset Generate(DatasetSplit split, SyntheticShapesOptions? options = null, CancellationToken cancel = default)
    {
        options ??= new SyntheticShapesOptions();
        options.Validate();
        var training = split == DatasetSplit.Training;
        var name = training ? "shapes-train" : "shapes-test";
        var count = training ? options.TrainingImages : options.TestImages;
        var size = ImageSize.Square(options.Side);
        var length = (int)size.RgbBytes;
        var pixels = MemoryPixels.Allocate(name, size, count);
        var labels = new int[count];
        var purpose = training ? RandomPurpose.TrainingShapes : RandomPurpose.TestShapes;

        Parallel.For(
            0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => new ShapePainter(options),
            (i, _, painter) =>
            {
                var label = i % Classes.Count; // samplers shuffle; equal frequency is worth more than a random order here
                var random = new CounterRandom(options.Seed, purpose, i, 0);
                painter.Paint(label, ref random, pixels.AsSpan(i * length, length));
                labels[i] = training ? Observed(label, i, options) : label;
                return painter;
            },
            _ => { });
        return new ImageDataset(name, Classes, size, pixels, labels);
    }

    private static int Observed(int label, int index, SyntheticShapesOptions options)
    {
        var random = new CounterRandom(options.Seed, RandomPurpose.LabelNoise, index, 0);
        if (!random.Chance(options.LabelNoise)) return label;
        return (label + 1 + random.Next(Classes.Count - 1)) % Classes.Count;
    }
}
