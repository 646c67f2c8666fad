using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Augmentation;

public sealed class NormalizationTests
{
    [Fact]
    public void Presets_are_the_published_numbers()
    {
        Assert.Equal([0.5071f, 0.4867f, 0.4408f], Normalization.Presets["cifar100"].Mean);
        Assert.Equal([0.2675f, 0.2565f, 0.2761f], Normalization.Presets["cifar100"].Deviation);
        Assert.Equal([0.485f, 0.456f, 0.406f], Normalization.Presets["imagenet"].Mean);
        Assert.Equal([0.229f, 0.224f, 0.225f], Normalization.Presets["imagenet"].Deviation);
        Assert.Equal([0.4914f, 0.4822f, 0.4465f], Normalization.Presets["cifar10"].Mean);
    }

    [Fact]
    public void Measuring_gives_mean_and_deviation_of_every_channel()
    {
        var data = new ImageDataset("x", ["a"], ImageSize.Square(1), [0, 51, 255, 102, 51, 255], [0, 0]);
        var measured = Normalization.Measure(data);
        Assert.Equal([0.2f, 0.2f, 1f], measured.Mean);
        Assert.Equal(0.2f, measured.Deviation[0], 1e-6f);
        Assert.True(measured.Deviation[1] > 0, "a flat channel must not divide by zero");
    }

    [Fact]
    public void A_deviation_of_zero_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Normalization([0, 0, 0], [1, 0, 1]));

    [Fact]
    public void Equal_numbers_are_equal() =>
        Assert.Equal(Normalization.Cifar10, new Normalization(Normalization.Cifar10.Mean, Normalization.Cifar10.Deviation));
}
