using Retort.Distillation;
using Retort.Torch;
using Retort.Training.Reports;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Reports;

public sealed class FeaturePainterTests
{
    private static readonly ImageDataset Images = new("two", ["cat", "dog"], new ImageSize(1, 1), [1, 2, 3, 4, 5, 6], [1, 0]);

    [Fact]
    public void The_image_is_followed_by_the_mean_and_the_liveliest_channels_in_pairs()
    {
        using var scope = new TensorScope();
        Tensor first = Aten.Zeros([2, 3, 1, 2]), second = Aten.Zeros([2, 3, 1, 2]);
        first.Select(1, 2).Copy_(Tensor.From<float>([0, 8, 4, 4], 2, 1, 2));
        first.Select(1, 0).Copy_(Tensor.From<float>([0, 1, 0, 0], 2, 1, 2));
        FeatureFigure figure = FeaturePainter.Paint("ft.paraphraser", new StageFigure("a map", "teacher", first, "rebuilt", second), Images);

        Assert.Equal(("ft.paraphraser", "a map"), (figure.Stage, figure.Title));
        Assert.Equal(
            ["image", "mean, teacher", "mean, rebuilt", "channel 2, teacher", "channel 2, rebuilt", "channel 0, teacher", "channel 0, rebuilt"],
            figure.Columns);
        Assert.Equal([7, 7], figure.Rows.Select(row => row.Count));
        Assert.Equal(("test image 1: dog", (byte)1, (byte)3), (figure.Rows[0][0].Name, figure.Rows[0][0].Rgb[0], figure.Rows[0][0].Rgb[2]));
        Assert.Equal(4, figure.Rows[1][0].Rgb[0]);
        Assert.Equal([0, 0, 0, 255, 255, 255], figure.Rows[0][3].Rgb);
    }

    [Fact]
    public void Both_pictures_of_a_pair_have_one_scale()
    {
        using var scope = new TensorScope();
        Tensor first = Tensor.From<float>([0, 10], 1, 1, 1, 2), second = Tensor.From<float>([-10, 0], 1, 1, 1, 2);
        FeatureFigure figure = FeaturePainter.Paint("s", new StageFigure("t", "a", first, "b", second), Images.Subset("one", [0]));

        Assert.Equal([127, 127, 127, 255, 255, 255], figure.Rows[0][1].Rgb);
        Assert.Equal([0, 0, 0, 127, 127, 127], figure.Rows[0][2].Rgb);
    }

    [Fact]
    public void Maps_that_are_flat_or_no_numbers_are_black()
    {
        using var scope = new TensorScope();
        Tensor first = Tensor.From<float>([5, 5], 1, 1, 1, 2), second = Tensor.From<float>([float.NaN, float.PositiveInfinity], 1, 1, 1, 2);
        FeatureFigure figure = FeaturePainter.Paint("s", new StageFigure("t", "a", first, "b", second), Images.Subset("one", [0]));

        Assert.All(figure.Rows[0].Skip(1), picture => Assert.All(picture.Rgb, value => Assert.Equal(0, value)));
    }
}
