using System.Runtime.CompilerServices;

namespace Retort.Torch;

/// <content>Indexing, with PyTorch's rules: numbers and ranges give views, tensors of indices give copies.</content>
public sealed partial class Tensor
{
    /// <summary>A part of the tensor; on the left of an assignment, the part that is overwritten.</summary>
    /// <exception cref="TorchException">An index is out of range or there are more indices than dimensions.</exception>
    [IndexerName("At")] // "Item" is the method that reads a single element
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get
        {
            (Tensor view, List<Tensor?>? gather) = Select(indices);
            if (gather is null)
                return view;
            using (view)
                return view.Index(gather);
        }

        set
        {
            (Tensor view, List<Tensor?>? gather) = Select(indices);
            using (view)
            {
                if (gather is null)
                    view.Copy_(value);
                else
                    view.IndexPut_(gather, value);
            }
        }
    }

    private (Tensor View, List<Tensor?>? Gather) Select(ReadOnlySpan<TensorIndex> indices)
    {
        int named = 0;
        foreach (TensorIndex index in indices)
            named += index.Dimensions;

        Tensor view = Share();
        List<Tensor?>? gather = null;
        int dim = 0, gathered = 0; // dimensions of the view that are passed, and that the list stands for
        try
        {
            foreach (TensorIndex index in indices)
            {
                Tensor before = view;
                switch (index.What)
                {
                    case TensorIndex.Kind.Number:
                        view = view.Select(dim, index.Index.IsFromEnd ? -index.Index.Value : index.Index.Value);
                        break;
                    case TensorIndex.Kind.Range:
                        long length = view.Size(dim);
                        view = view.Slice(dim, Offset(index.Range.Start, length), Offset(index.Range.End, length));
                        dim++;
                        break;
                    case TensorIndex.Kind.NewAxis:
                        view = view.Unsqueeze(dim++);
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        dim += Rank - named;
                        break;
                    case TensorIndex.Kind.Indices:
                        gather ??= [];
                        for (; gathered < dim; gathered++)
                            gather.Add(null);
                        gather.Add(index.Indices);
                        gathered = dim += index.Dimensions;
                        break;
                    default:
                        dim++;
                        break;
                }

                if (!ReferenceEquals(before, view))
                    before.Dispose();
            }
        }
        catch
        {
            view.Dispose();
            throw;
        }

        return (view, gather);
    }

    private static long Offset(Index index, long length) => index.IsFromEnd ? Math.Max(0, length - index.Value) : index.Value;
}
