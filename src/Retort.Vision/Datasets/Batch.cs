using Retort.Torch;

namespace Retort.Vision.Datasets;

/// <summary>A batch of images on the CPU. It owns its tensors: dispose it after use, or <c>Share</c> a tensor that must live longer.</summary>
public sealed class Batch : IDisposable
{
    internal Batch(int step, Tensor images, Tensor labels, Tensor indices, int total)
    {
        Step = step;
        Total = total;
        Images = images;
        Labels = labels;
        Indices = indices;
    }

    /// <summary>Which batch of its epoch, from 0.</summary>
    public int Step { get; }

    /// <summary>Number of images.</summary>
    public int Count => (int)Labels.Count;

    /// <summary>Images of all processes' shares together.</summary>
    public int Total { get; }

    /// <summary>Float32 [N, 3, H, W], in channels-last format unless the transform writes planes.</summary>
    public Tensor Images { get; }

    /// <summary>Int64 [N].</summary>
    public Tensor Labels { get; }

    /// <summary>Int64 [N]: each image's index in its data set.</summary>
    public Tensor Indices { get; }

    /// <summary>Frees the three tensors. A second call does nothing.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
        Indices.Dispose();
    }
}
