using System.Collections;

namespace Retort.Torch.Modules;

/// <summary>Layers one after another, named "0", "1", ... as in PyTorch.</summary>
public sealed class Sequential : Layer, IReadOnlyList<Layer>
{
    private readonly Layer[] _layers;

    /// <summary>Takes over layers in the order in which they run.</summary>
    public Sequential(params IReadOnlyList<Layer> layers)
    {
        _layers = [.. layers];
        for (int i = 0; i < _layers.Length; i++)
            Add(i.ToString(), _layers[i]);
    }

    /// <summary>Takes over layers with names of their own.</summary>
    public Sequential(IReadOnlyList<(string Name, Layer Layer)> layers)
    {
        _layers = [.. layers.Select(l => Add(l.Name, l.Layer))];
    }

    /// <summary>Number of layers.</summary>
    public int Count => _layers.Length;

    /// <summary>A layer by its place; borrowed.</summary>
    public Layer this[int index] => _layers[index];

    /// <inheritdoc/>
    /// <remarks>What lies between the layers is freed at once; memory that backward needs stays with the graph.</remarks>
    public override Tensor Forward(Tensor input)
    {
        if (_layers.Length == 0)
            return input.Share();
        Tensor current = _layers[0].Forward(input);
        for (int i = 1; i < _layers.Length; i++)
        {
            Tensor previous = current;
            current = _layers[i].Forward(previous);
            if (!ReferenceEquals(previous, current))
                previous.Dispose();
        }

        return current;
    }

    /// <inheritdoc/>
    public IEnumerator<Layer> GetEnumerator() => ((IEnumerable<Layer>)_layers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
