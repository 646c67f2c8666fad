using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class StratifiedSplitTests
{
    // 40, 20 and 10 images; an image's first byte is its number.
    private static readonly ImageDataset Images = Make(40, 20, 10);

    [Fact]
    public void Each_class_gives_its_share_and_no_image_is_on_both_sides()
    {
        (ImageDataset kept, ImageDataset held) = StratifiedSplit.Divide(Images, 0.25, seed: 3);

        Assert.Equal([30, 15, 7], Counts(kept)); // 2.5 of 10 are rounded to 3
        Assert.Equal([10, 5, 3], Counts(held));
        Assert.Equal(Enumerable.Range(0, 70), Numbers(kept).Concat(Numbers(held)).Order());
        Assert.Equal(Numbers(held).Order(), Numbers(held));
        Assert.All(Numbers(held), number => Assert.Equal(number < 40 ? 0 : number < 60 ? 1 : 2, Images.Label(number)));
    }

    [Fact]
    public void The_seed_chooses_the_images()
    {
        int[] first = Numbers(StratifiedSplit.Divide(Images, 0.25, seed: 3).Held);
        Assert.Equal(first, Numbers(StratifiedSplit.Divide(Images, 0.25, seed: 3).Held));
        Assert.NotEqual(first, Numbers(StratifiedSplit.Divide(Images, 0.25, seed: 4).Held));
    }

    [Theory]
    [InlineData(0.04, "more")]
    [InlineData(0.96, "less")]
    public void A_class_that_would_be_left_without_images_is_named(double share, string remedy) =>
        Assert.Equal(
            $"Of the 10 images of class 'c2', a share of {share} leaves none on one side; hold out {remedy}, or add images.",
            Assert.Throws<DataException>(() => StratifiedSplit.Divide(Images, share, seed: 0)).Message);

    private static int[] Numbers(ImageDataset images) => [.. Enumerable.Range(0, images.Count).Select(i => (int)images.Pixels(i)[0])];

    private static int[] Counts(ImageDataset images) => [.. Enumerable.Range(0, 3).Select(label => images.Labels.ToArray().Count(l => l == label))];

    private static ImageDataset Make(params int[] counts)
    {
        int[] labels = [.. counts.SelectMany((count, label) => Enumerable.Repeat(label, count))];
        byte[] pixels = [.. labels.SelectMany((_, i) => (byte[])[(byte)i, 0, 0])];
        return new ImageDataset("counted", ["c0", "c1", "c2"], ImageSize.Square(1), pixels, labels);
    }
}
