using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class ImageDatasetTests
{
    private static readonly ImageSize OnePixel = ImageSize.Square(1);

    [Fact]
    public void A_subset_has_the_images_asked_for_and_their_sources()
    {
        var data = new ImageDataset("all", ["a", "b"], OnePixel, [1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 0]);
        var part = data.Subset("part", [2, 1]);
        Assert.Equal("part", part.Name);
        Assert.Equal([0, 1], part.Labels.ToArray());
        Assert.Equal([7, 8, 9], part.Pixels(0).ToArray());
        Assert.Equal("all[2]", part.Source(0));
    }

    [Fact]
    public void The_same_classes_in_another_order_give_other_labels_to_the_same_images()
    {
        var data = new ImageDataset("all", ["a", "b", "c"], OnePixel, [1, 1, 1, 2, 2, 2, 3, 3, 3], [2, 0, 1]);
        ImageDataset ordered = data.InOrder(["c", "a", "b"]);
        Assert.Equal(["c", "a", "b"], ordered.Classes);
        Assert.Equal([0, 1, 2], ordered.Labels.ToArray());
        Assert.Equal(data.Pixels(2).ToArray(), ordered.Pixels(2).ToArray());
        Assert.Same(data, data.InOrder(["a", "b", "c"]));
        Assert.Equal("Data set 'all' has other classes than c, a, d.", Assert.Throws<DataException>(() => data.InOrder(["c", "a", "d"])).Message);
    }

    [Fact]
    public void Pixels_that_do_not_fit_are_refused() => Assert.Equal(
        "Data set 'x': 2 images of 1x1 take 6 bytes, and 5 were given.",
        Assert.Throws<DataException>(() => new ImageDataset("x", ["a"], OnePixel, new byte[5], [0, 0])).Message);

    [Fact]
    public void A_label_without_a_class_is_refused() => Assert.Equal(
        "Data set 'x': image 1 has label 2, and the 2 classes have labels 0 to 1.",
        Assert.Throws<DataException>(() => new ImageDataset("x", ["a", "b"], OnePixel, new byte[6], [0, 2])).Message);

    [Fact]
    public void More_than_an_array_holds_is_refused_with_the_size() => Assert.Contains(
        "take 192.7 GB decoded",
        Assert.Throws<DataException>(() => MemoryPixels.Allocate("x", ImageSize.Square(224), 1_280_000)).Message,
        StringComparison.Ordinal);
}
