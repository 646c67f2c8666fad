using Retort.Torch;

namespace Retort.Distillation.Views;

/// <summary>
/// The views in which a batch is shown to the networks, each once. Rows are ordered by view: all images as they are, then all of them in the
/// first view, and so on; so the images as they are stay one block of memory for those who want nothing else.
/// </summary>
internal sealed class ViewSet(IEnumerable<ImageView> views)
{
    private readonly ImageView[] _views = [.. views.Distinct()];

    /// <summary>The batch in all views.</summary>
    /// <param name="images">[N, 3, H, W].</param>
    /// <returns>[(1 + views)·N, 3, H, W], in the same memory order; the images themselves where there are no views.</returns>
    public Tensor Show(Tensor images)
    {
        if (_views.Length == 0)
            return images;
        MemoryFormat order = images.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        return Aten.Cat([images, .. _views.Select(view => view(images).To(order))]);
    }

    /// <summary>Picks what a network gave for some of the views.</summary>
    /// <param name="output">[(1 + views)·N, ...].</param>
    /// <param name="samples">N.</param>
    /// <param name="wanted">Some of the views.</param>
    /// <returns>[(1 + wanted)·N, ...]: each image as it is, then in the views wanted.</returns>
    /// <exception cref="ArgumentException">The network did not get what <see cref="Show"/> gives.</exception>
    public Tensor Pick(Tensor output, long samples, IReadOnlyList<ImageView> wanted)
    {
        if (_views.Length == 0)
            return output;
        if (output.Size(0) != (1 + _views.Length) * samples)
        {
            throw new ArgumentException(
                $"A network's output has {output.Size(0)} rows for {samples} samples, which are to be shown in {1 + _views.Length} views: "
                + "run it on the images that the objective shows.", nameof(output));
        }

        Tensor Block(int number) => output.Narrow(0, number * samples, samples);
        return wanted.Count == 0
            ? Block(0)
            : Aten.Stack([Block(0), .. wanted.Select(view => Block(1 + Array.IndexOf(_views, view)))], 1).Flatten(0, 1);
    }
}
