using Retort.Torch;
using Retort.Vision.Augmentation;

namespace Retort.Tests.Vision.Augmentation;

public sealed class BatchMixingTests
{
    private const int Classes = 5;

    [Fact]
    public void Mixup_adds_images_and_labels_in_the_same_proportion()
    {
        using var scope = new TensorScope();
        var mixing = new BatchMixing(new BatchMixingOptions { Mixup = 0.8 }, Classes);
        for (int step = 0; step < 30; step++)
        {
            (float[] images, float[] labels) = Mix(mixing, step);
            double share = labels[0]; // of class 0 in the first sample, whose partner is of class 3
            Assert.InRange(share, 0, 1);
            Assert.Equal(1 - share, labels[3], 1e-5);
            Assert.Equal(share, labels[(3 * Classes) + 3], 1e-5);
            for (int i = 0; i < 4; i++)
                Assert.All(images.Skip(i * 192).Take(192), p => Assert.Equal((share * i) + ((1 - share) * (3 - i)), p, 1e-5));
        }
    }

    [Fact]
    public void Cutmix_pastes_a_rectangle_and_labels_follow_its_area()
    {
        using var scope = new TensorScope();
        var mixing = new BatchMixing(new BatchMixingOptions { Cutmix = 1 }, Classes);
        HashSet<int> areas = [];
        for (int step = 0; step < 30; step++)
        {
            (float[] images, float[] labels) = Mix(mixing, step);
            int[] pasted = [.. Enumerable.Range(0, 64).Where(p => images[p] == 3)];
            Assert.All(Enumerable.Range(0, 64).Except(pasted), p => Assert.Equal(0, images[p]));
            Assert.Equal(1 - (pasted.Length / 64.0), labels[0], 1e-5);
            if (pasted.Length > 0)
            {
                int rows = pasted.Select(p => p / 8).Distinct().Count(), columns = pasted.Select(p => p % 8).Distinct().Count();
                Assert.Equal(rows * columns, pasted.Length);
            }

            areas.Add(pasted.Length);
        }

        Assert.True(areas.Count > 8, $"only {areas.Count} areas");
    }

    [Fact]
    public void Probabilities_say_how_often_and_which()
    {
        using var scope = new TensorScope();
        var mixing = new BatchMixing(new BatchMixingOptions { Mixup = 1, Cutmix = 1, Probability = 0.5, SwitchProbability = 0.2 }, Classes);
        int mixed = 0, cut = 0;
        for (int step = 0; step < 400; step++)
        {
            using var inner = new TensorScope();
            (Tensor images, Tensor labels) = Batch();
            (Tensor result, Tensor soft) = mixing.Apply(images, labels, 0, step);
            if (soft.DType == DType.Int64)
            {
                Assert.Same(images, result);
                continue;
            }

            mixed++;
            float[] first = result.ToArray<float>()[..64];
            cut += first.All(p => p is 0 or 3) ? 1 : 0;
        }

        Assert.InRange(mixed, 160, 240);
        Assert.InRange((double)cut / mixed, 0.1, 0.3);
    }

    [Fact]
    public void A_batch_is_mixed_by_seed_epoch_and_step()
    {
        using var scope = new TensorScope();
        var options = new BatchMixingOptions { Mixup = 0.8, Cutmix = 1, Seed = 3 };
        var mixing = new BatchMixing(options, Classes);
        Assert.Equal(Mix(mixing, 4).Images, Mix(new BatchMixing(options, Classes), 4).Images);
        Assert.NotEqual(Mix(mixing, 4).Labels, Mix(mixing, 5).Labels);
        Assert.NotEqual(Mix(mixing, 4).Labels, Mix(mixing, 4, epoch: 1).Labels);
        Assert.NotEqual(Mix(mixing, 4).Labels, Mix(new BatchMixing(options with { Seed = 4 }, Classes), 4).Labels);
    }

    [Fact]
    public void A_single_image_is_mixed_with_itself()
    {
        using var scope = new TensorScope();
        Tensor images = Aten.Ones([1, 3, 8, 8]);
        (Tensor mixed, Tensor labels) = new BatchMixing(new BatchMixingOptions { Mixup = 1 }, Classes).Apply(images, Tensor.From(new long[] { 2 }), 0, 0);
        Assert.All(mixed.ToArray<float>(), p => Assert.Equal(1, p, 1e-6));
        Assert.Equal(1, labels.ToArray<float>()[2], 1e-6);
    }

    // Four samples; pixels and class of sample i are i.
    private static (Tensor Images, Tensor Labels) Batch() =>
        (Aten.Ones([4, 3, 8, 8]) * Tensor.From<float>([0, 1, 2, 3], 4, 1, 1, 1), Tensor.From(new long[] { 0, 1, 2, 3 }));

    private static (float[] Images, float[] Labels) Mix(BatchMixing mixing, int step, int epoch = 0)
    {
        (Tensor images, Tensor labels) = Batch();
        (Tensor mixed, Tensor soft) = mixing.Apply(images, labels, epoch, step);
        Assert.Equal([4, Classes], soft.Shape);
        return (mixed.ToArray<float>(), soft.ToArray<float>());
    }
}
