using Retort.Distillation.Views;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Views;

public class ViewSetTests
{
    private static readonly ImageView[] Both = [Rotations.Half, Negative];

    [Fact]
    public void Rows_are_ordered_by_view_and_the_images_as_they_are_come_first()
    {
        using var scope = new TensorScope();
        Tensor images = Aten.Randn([2, 3, 4, 4]);
        Tensor shown = new ViewSet(Both).Show(images);
        TensorAssert.Same(Aten.Cat([images, Rotations.Half(images), -images]), shown);
    }

    [Theory]
    [InlineData(MemoryFormat.ChannelsLast)]
    [InlineData(MemoryFormat.Contiguous)]
    public void The_memory_order_of_the_images_is_kept(MemoryFormat order)
    {
        using var scope = new TensorScope();
        Tensor images = Aten.Randn([2, 3, 4, 4]).To(order), shown = new ViewSet(Rotations.All).Show(images);
        Assert.Equal((order == MemoryFormat.ChannelsLast, order == MemoryFormat.Contiguous), (shown.IsChannelsLast, shown.IsContiguous));
    }

    [Fact]
    public void A_view_that_several_methods_want_is_shown_once_and_each_gets_its_own_rows_by_sample()
    {
        using var scope = new TensorScope();
        var views = new ViewSet([Rotations.Half, Negative, Rotations.Half]);
        Tensor images = Tensor.From<float>([1, 2, 3, 4], 2, 1, 1, 2), shown = views.Show(images);
        Assert.Equal(6, shown.Size(0));
        Assert.Equal([1f, 2, -1, -2, 3, 4, -3, -4], Values(views.Pick(shown, 2, [Negative])));
        Assert.Equal([1f, 2, -1, -2, 2, 1, 3, 4, -3, -4, 4, 3], Values(views.Pick(shown, 2, [Negative, Rotations.Half])));
        Assert.Equal([1f, 2, 3, 4], Values(views.Pick(shown, 2, [])));
    }

    [Fact]
    public void Without_views_everything_stays_as_it_is()
    {
        using var scope = new TensorScope();
        Tensor images = Aten.Randn([2, 3, 4, 4]);
        Assert.Same(images, new ViewSet([]).Show(images));
        Assert.Same(images, new ViewSet([]).Pick(images, 2, []));
    }

    [Fact]
    public void An_output_for_other_images_is_refused_with_what_it_should_be()
    {
        using var scope = new TensorScope();
        string message = Assert.Throws<ArgumentException>(() => new ViewSet(Both).Pick(Aten.Zeros([2, 5]), 2, [])).Message;
        Assert.Contains("has 2 rows for 2 samples, which are to be shown in 3 views", message);
    }

    private static Tensor Negative(Tensor images) => -images;

    private static float[] Values(Tensor rows) => rows.Contiguous().ToArray<float>();
}
