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
    /// <remarks>
    /// What lies between the layers is freed at once; memory that backward needs stays with the graph. A batch norm and a ReLU behind it run
    /// as one (<see cref="BatchNorm.Rectified"/>).
    /// </remarks>
    public override Tensor Forward(Tensor input) => Run(input, rectified: false);

    /// <summary>What <see cref="Forward"/> gives, and max(0, x) of that; with a batch norm at the end in one operator.</summary>
    /// <inheritdoc cref="Forward"/>
    public Tensor Rectified(Tensor input) => Run(input, rectified: true);

    private Tensor Run(Tensor input, bool rectified)
    {
        Tensor current = input;
        for (int i = 0; i < _layers.Length; i++)
        {
            Tensor previous = current;
            bool isLast = i == _layers.Length - 1;
            if (_layers[i] is BatchNorm norm && (isLast ? rectified : _layers[i + 1] is ReLU))
            {
                current = norm.Rectified(previous);
                rectified &= !isLast;
                i++;
            }
            else
            {
                current = _layers[i].Forward(previous);
            }

            if (!ReferenceEquals(previous, current) && !ReferenceEquals(previous, input))
                previous.Dispose();
        }

        if (!rectified)
            return ReferenceEquals(current, input) ? input.Share() : current;
        Tensor result = current.Relu();
        if (!ReferenceEquals(current, input))
            current.Dispose();
        return result;
    }

    /// <inheritdoc/>
    public IEnumerator<Layer> GetEnumerator() => ((IEnumerable<Layer>)_layers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
