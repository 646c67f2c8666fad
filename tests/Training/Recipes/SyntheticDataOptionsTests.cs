using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Recipes;

public sealed class SyntheticDataOptionsTests
{
    private static readonly SyntheticDataOptions Clean = new() { TrainImages = 400, TestImages = 60 };

    [Fact]
    public void Label_noise_spoils_its_share_of_the_training_labels_and_nothing_else()
    {
        ImageDataset clean = Read(Clean, DatasetSplit.Training), noisy = Read(Clean with { LabelNoise = 0.25 }, DatasetSplit.Training);
        Assert.InRange(Enumerable.Range(0, clean.Count).Count(i => clean.Labels[i] != noisy.Labels[i]), 70, 130);
        Assert.Equal(clean.Pixels(7).ToArray(), noisy.Pixels(7).ToArray());
        Assert.Equal(
            Read(Clean, DatasetSplit.Test).Labels.ToArray(), Read(Clean with { LabelNoise = 0.25 }, DatasetSplit.Test).Labels.ToArray());
    }

    [Theory]
    [InlineData(DatasetSplit.Training)]
    [InlineData(DatasetSplit.Test)]
    public void Another_image_seed_draws_other_images(DatasetSplit split) =>
        Assert.NotEqual(Read(Clean, split).Pixels(0).ToArray(), Read(Clean with { ImageSeed = 2 }, split).Pixels(0).ToArray());

    private static ImageDataset Read(SyntheticDataOptions options, DatasetSplit split) => options.Read(split, null, null, default);
}
