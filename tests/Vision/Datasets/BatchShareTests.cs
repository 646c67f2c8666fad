using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class BatchShareTests
{
    [Fact]
    public void The_only_process_has_every_image_in_order()
    {
        foreach (int images in (int[])[1, 2, 7, 64])
            Assert.Equal(Enumerable.Range(0, images), BatchShare.Whole.Places(images));
    }

    [Fact]
    public void Shares_are_parts_of_every_batch_alike_in_size_and_symmetric()
    {
        for (int count = 1; count <= 5; count++)
        {
            for (int images = 1; images <= 30; images++)
            {
                BatchShare[] shares = [.. Enumerable.Range(0, count).Select(rank => new BatchShare(rank, count))];
                int[][] counted = [.. shares.Select(share => share.Places(images)[..share.Counted(images)])];
                Assert.Equal(Enumerable.Range(0, images), counted.SelectMany(places => places).Order());
                Assert.True(counted.Max(places => places.Length) - counted.Min(places => places.Length) <= 3);
                Assert.True(images == 1 || shares.All(share => share.Places(images).Length > 1)); // batch norms make nothing of one image
                Assert.NotEmpty(counted[0]);
                foreach (int[] places in counted.Where(places => places.Length > 1))
                    Assert.Equal(places, places.Reverse().Select(place => images - 1 - place)); // who is mixed with whom
            }
        }
    }

    [Fact]
    public void Who_finds_no_image_has_one_that_does_not_count()
    {
        var last = new BatchShare(3, 4);
        Assert.Equal([0, 0], last.Places(2));
        Assert.Equal(0, last.Counted(2));
    }
}
