using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace CustomNetworkAndData;

/// <summary>
/// A data set of one's own: the digits of a pocket calculator, drawn in code. Its properties are its keys in a recipe, as in
/// <c>data: {kind: digits, train_images: 1000}</c>; whatever all data has (normalization, augment, dev_split) comes with the base.
/// </summary>
[OptionVariantName("digits")]
internal sealed record DigitData : DataOptions
{
    private const int Side = 16;

    // Of the seven segments (top, upper left, upper right, middle, lower left, lower right, bottom), those that each digit has.
    private static readonly string[] Segments =
        ["1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"];

    private static readonly string[] Names = [.. Enumerable.Range(0, 10).Select(digit => $"{digit}")];

    /// <summary>Number of training images. Default 1000.</summary>
    [Range(1, 1_000_000)]
    public int TrainImages { get; init; } = 1000;

    /// <summary>Number of test images. Default 500.</summary>
    [Range(1, 1_000_000)]
    public int TestImages { get; init; } = 500;

    /// <summary>Gives the images of a split: here they are drawn, elsewhere read from files or a database.</summary>
    public override ImageDataset Read(
        DatasetSplit split, IReadOnlyList<string>? classes, Action<string, int, int>? progress, CancellationToken cancel)
    {
        bool training = split == DatasetSplit.Training;
        var random = new Random(training ? 1 : 2);
        var size = ImageSize.Square(Side);
        int[] labels = [.. Enumerable.Range(0, training ? TrainImages : TestImages).Select(image => image % Names.Length)];
        byte[] pixels = new byte[size.RgbBytes * labels.Length]; // red, green, blue of each pixel, row by row, image by image
        for (int image = 0; image < labels.Length; image++)
        {
            cancel.ThrowIfCancellationRequested();
            Draw(pixels.AsSpan(image * (int)size.RgbBytes, (int)size.RgbBytes), Segments[labels[image]], random);
        }

        return new ImageDataset($"digits-{(training ? "train" : "test")}", Names, size, pixels, labels);
    }

    /// <summary>What is known without reading.</summary>
    public override DatasetOutline Outline() => new(Names, ImageSize.Square(Side));

    private static void Draw(Span<byte> pixels, string segments, Random random)
    {
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)random.Next(120);
        int left = random.Next(1, 8), top = random.Next(1, 4), light = random.Next(90, 160);
        (int X, int Y, bool Flat)[] places = [(0, 0, true), (0, 0, false), (6, 0, false), (0, 6, true), (0, 6, false), (6, 6, false), (0, 12, true)];
        for (int s = 0; s < places.Length; s++)
        {
            for (int step = 0; segments[s] == '1' && step < 7; step++)
            {
                int x = left + places[s].X + (places[s].Flat ? step : 0), y = top + places[s].Y + (places[s].Flat ? 0 : step);
                for (int channel = 0; channel < 3; channel++)
                {
                    ref byte value = ref pixels[(((y * Side) + x) * 3) + channel];
                    value = (byte)Math.Min(255, value + light);
                }
            }
        }
    }
}
