using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class SamplerTests
{
    [Fact]
    public void An_epoch_has_every_image_once()
    {
        var order = new Sampler(1000, 64, seed: 5).Order(3);
        Assert.Equal(Enumerable.Range(0, 1000), order.Order());
    }

    [Fact]
    public void The_order_depends_on_seed_and_epoch_alone()
    {
        var sampler = new Sampler(1000, 64, seed: 5);
        Assert.Equal(sampler.Order(3), new Sampler(1000, 7, seed: 5).Order(3));
        Assert.NotEqual(sampler.Order(3), sampler.Order(4));
        Assert.NotEqual(sampler.Order(3), new Sampler(1000, 64, seed: 6).Order(3));
    }

    [Fact]
    public void Without_shuffling_the_order_is_that_of_the_data() =>
        Assert.Equal(Enumerable.Range(0, 10), new Sampler(10, 3) { Shuffle = false }.Order(8));

    [Fact]
    public void Every_image_is_equally_likely_to_come_first()
    {
        var counts = new int[10];
        for (var epoch = 0; epoch < 5000; epoch++) counts[new Sampler(10, 1).Order(epoch)[0]]++;
        Assert.All(counts, count => Assert.InRange(count, 420, 580));
    }

    [Theory]
    [InlineData(10, 3, false, 4)]
    [InlineData(10, 3, true, 3)]
    [InlineData(9, 3, true, 3)]
    [InlineData(2, 3, true, 0)]
    [InlineData(int.MaxValue, 2, false, 1 << 30)]
    public void Batches_are_counted(int count, int batch, bool dropLast, int expected) =>
        Assert.Equal(expected, new Sampler(count, batch) { DropLast = dropLast }.BatchesPerEpoch);

    [Fact]
    public void The_last_batch_is_shorter()
    {
        var sampler = new Sampler(10, 4) { Shuffle = false };
        Assert.Equal([8, 9], sampler.Batch(sampler.Order(0), 2).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Batch(sampler.Order(0), 3).Length);
    }
}
