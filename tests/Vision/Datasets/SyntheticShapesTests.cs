using System.Security.Cryptography;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class SyntheticShapesTests
{
    private static readonly SyntheticShapesOptions Few = new() { TrainingImages = 200, TestImages = 200 };

    [Fact]
    public void The_same_options_give_the_same_bytes_every_time()
    {
        var first = Hash(SyntheticShapes.Generate(DatasetSplit.Training, Few));
        Assert.Equal(first, Hash(SyntheticShapes.Generate(DatasetSplit.Training, Few)));
    }

    [Fact]
    public void An_image_does_not_depend_on_how_many_are_drawn()
    {
        var few = SyntheticShapes.Generate(DatasetSplit.Test, Few with { TestImages = 7 });
        var more = SyntheticShapes.Generate(DatasetSplit.Test, Few);
        for (var i = 0; i < few.Count; i++) Assert.Equal(few.Pixels(i).ToArray(), more.Pixels(i).ToArray());
    }

    [Fact]
    public void Splits_and_seeds_give_different_images()
    {
        string[] hashes =
        [
            Hash(SyntheticShapes.Generate(DatasetSplit.Training, Few)),
            Hash(SyntheticShapes.Generate(DatasetSplit.Test, Few)),
            Hash(SyntheticShapes.Generate(DatasetSplit.Training, Few with { Seed = 2 })),
        ];
        Assert.Equal(3, hashes.Distinct(StringComparer.Ordinal).Count());
        var data = SyntheticShapes.Generate(DatasetSplit.Training, Few);
        Assert.Equal(200, Enumerable.Range(0, 200).Select(i => Convert.ToHexString(data.Pixels(i))).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Classes_are_equally_frequent()
    {
        var data = SyntheticShapes.Generate(DatasetSplit.Test, Few);
        Assert.All(Enumerable.Range(0, 10), label => Assert.Equal(20, data.Labels.Count(label)));
        Assert.Equal(10, data.Classes.Count);
    }

    [Fact]
    public void Label_noise_touches_its_share_of_the_training_labels_and_no_test_label()
    {
        var clean = Few with { TrainingImages = 3000, Side = 8 };
        var noisy = clean with { LabelNoise = 0.2 };
        var before = SyntheticShapes.Generate(DatasetSplit.Training, clean);
        var after = SyntheticShapes.Generate(DatasetSplit.Training, noisy);
        var changed = Enumerable.Range(0, before.Count).Count(i => before.Label(i) != after.Label(i));
        Assert.InRange(changed, 500, 700);
        Assert.Equal(before.Pixels(11).ToArray(), after.Pixels(11).ToArray());
        Assert.Equal(
            SyntheticShapes.Generate(DatasetSplit.Test, clean).Labels.ToArray(), SyntheticShapes.Generate(DatasetSplit.Test, noisy).Labels.ToArray());
    }

    [Fact]
    public void Mean_colour_says_nothing_about_the_class()
    {
        var data = SyntheticShapes.Generate(DatasetSplit.Test, Few with { TestImages = 1000 });
        var means = new double[10];
        for (var i = 0; i < data.Count; i++)
        {
            long sum = 0;
            foreach (var value in data.Pixels(i)) sum += value;
            means[data.Label(i)] += sum / 3072.0 / 100;
        }

        Assert.All(means, mean => Assert.InRange(mean, means.Average() - 8, means.Average() + 8));
    }

    [Fact]
    public void Every_extreme_of_the_options_can_be_drawn()
    {
        SyntheticShapesOptions[] extremes =
        [
            Few with { Side = 8, Distractors = 16, Lines = 64, Noise = 1, Displacement = 0.5, MaxRadius = 1 },
            Few with { Side = 64, Distractors = 0, Lines = 0, Noise = 0, Blur = 0, Lighting = 0, Clouds = 0, OcclusionChance = 0 },
            Few with { Stretch = 0.8, Rotation = 0, MinRadius = 0.02, MinTexturePeriod = 0.02, Blur = 0.33, Clouds = 1, Lighting = 1 },
        ];
        Assert.All(extremes, options => Assert.Equal(200, SyntheticShapes.Generate(DatasetSplit.Training, options).Count));
    }

    [Fact]
    public void Options_out_of_range_are_all_named() => Assert.Equal(
        "Synthetic shapes: Side is 4, and 8 to 256 is allowed; Noise is NaN, and 0 to 1 is allowed.",
        Assert.Throws<DataException>(() => SyntheticShapes.Generate(DatasetSplit.Test, new SyntheticShapesOptions { Side = 4, Noise = double.NaN })).Message);

    private static string Hash(ImageDataset data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < data.Count; i++) hash.AppendData(data.Pixels(i));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
