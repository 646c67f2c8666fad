using Retort.Torch.Graphs;

namespace Retort.Torch.Networks;

/// <summary>
/// A network made fast for evaluation: its operators are written down once, batch norms become part of the convolutions before them, sums with
/// shortcuts and ReLUs part of those too where the bridge can do it. It gives what the network gives, to within rounding, for as long as the network's weights stay as they are.
/// One thread at a time may run it.
/// </summary>
public sealed class InferenceNetwork : IDisposable
{
    private readonly GraphRunner _runner;
    private readonly int _height;
    private readonly int _width;

    private InferenceNetwork(GraphRunner runner, int height, int width) => (_runner, _height, _width) = (runner, height, width);

    /// <summary>Makes a network fast.</summary>
    /// <param name="network">Borrowed; its mode stays as it is.</param>
    /// <param name="taps">Features that it is to give beside the logits.</param>
    /// <param name="height">Height of the images, in pixels.</param>
    /// <param name="width">Width of the images, in pixels.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="type">What convolutions compute in: float32 or bfloat16. It then runs in autocast of that type, as the network would.</param>
    /// <param name="logits">Whether it is to give the logits; else it stops behind the last of the taps.</param>
    /// <exception cref="GraphException">The network is not made of operators, or depends on the number of images otherwise than in shapes.</exception>
    public static InferenceNetwork Make(
        Network network, IReadOnlySet<string> taps, int height, int width, Device device, DType type, bool logits = true)
    {
        using var noGrad = GradMode.Disable();
        Graph graph = GraphTracer.Trace(network, taps, height, width, device);
        if (!logits)
            graph = (graph with { Outputs = [.. graph.Outputs.Where(output => output.Key != GraphTracer.Logits)] }).WithoutDead();
        graph = BatchNormFolding.Fold(graph);
        if (!graph.HasSteps && ConvolutionFusion.IsAvailable(device, type))
            graph = ConvolutionFusion.Fuse(graph, type);
        return new InferenceNetwork(new GraphRunner(graph), height, width);
    }

    /// <summary>Makes a network fast where that can be.</summary>
    /// <inheritdoc cref="Make"/>
    /// <returns>Null where the network's operators cannot be written down, as those of TorchScript.</returns>
    public static InferenceNetwork? TryMake(
        Network network, IReadOnlySet<string> taps, int height, int width, Device device, DType type, bool logits = true)
    {
        try
        {
            return Make(network, taps, height, width, device, type, logits);
        }
        catch (GraphException)
        {
            return null;
        }
    }

    /// <summary>Runs the network.</summary>
    /// <param name="images">[N, 3, height, width], normalised; borrowed.</param>
    /// <returns>Logits, where it was made for them, and taps, without gradient, owned by the current scope or the caller.</returns>
    /// <exception cref="ArgumentException">The images have another size.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running it.</exception>
    public NetworkOutput Forward(Tensor images)
    {
        if (images.Rank != 4 || images.Size(2) != _height || images.Size(3) != _width)
            throw new ArgumentException($"The network was made for images of {_height} x {_width}, not [{string.Join(", ", images.Shape)}].", nameof(images));
        using var noGrad = GradMode.Disable();
        Tensor[] outputs = _runner.Run(images);
        Dictionary<string, Tensor> given = [];
        for (int i = 0; i < outputs.Length; i++)
            given.Add(_runner.Graph.Outputs[i].Key, outputs[i]);
        given.Remove(GraphTracer.Logits, out Tensor? logits);
        return new NetworkOutput(logits, given);
    }

    /// <summary>Frees it; the network it was made of stays.</summary>
    public void Dispose() => _runner.Dispose();
}
