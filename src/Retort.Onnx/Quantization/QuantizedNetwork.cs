using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Networks;

namespace Retort.Onnx.Quantization;

/// <summary>
/// A trained network whose weights and activations are rounded to 8 bits (static post-training quantisation). Run here it is a simulation: libtorch
/// rounds in the same places, and computes in float32 between them. <see cref="OnnxExporter"/> writes it with its 8-bit weights.
/// </summary>
public sealed class QuantizedNetwork : Network
{
    private readonly GraphRunner _runner;

    private QuantizedNetwork(Graph graph, int classes, double difference)
    {
        _runner = new GraphRunner(graph);
        (Classes, Difference) = (classes, difference);
        Eval();
    }

    /// <inheritdoc/>
    public override int Classes { get; }

    /// <summary>None: a quantised network is for inference.</summary>
    public override IReadOnlyList<string> TapNames => [];

    /// <summary>What runs, with the rounding in it.</summary>
    internal Graph Graph => _runner.Graph;

    /// <summary>How far the logits of the graph were from the network's before it was quantised, as a part of the greatest.</summary>
    internal double Difference { get; }

    /// <summary>Quantises a network; norms that follow convolutions become part of them.</summary>
    /// <param name="network">On the CPU; borrowed, its mode stays as it is.</param>
    /// <param name="height">Height of the images, in pixels.</param>
    /// <param name="width">Width of the images, in pixels.</param>
    /// <param name="images">
    /// Batches [N, 3, height, width] of the network's usual input, some hundred images in all; gone through twice, each borrowed until the next.
    /// </param>
    /// <param name="method">How ranges are chosen.</param>
    /// <exception cref="OnnxExportException">There is nothing to quantise, or no image to do it by.</exception>
    /// <exception cref="GraphException">The network is not made of operators.</exception>
    public static QuantizedNetwork Make(Network network, int height, int width, IEnumerable<Tensor> images, CalibrationMethod method)
    {
        (Graph graph, double difference) = OnnxExporter.Simplify(network, height, width, foldBatchNorms: true);
        try
        {
            IReadOnlyDictionary<int, int> plan = QuantizationPlan.Of(graph);
            if (plan.Count == 0)
                throw new OnnxExportException("The network has no convolution and no linear layer whose weights could be quantised.");
            Dictionary<int, ActivationHistogram> seen = plan.Values.Distinct().ToDictionary(value => value, _ => new ActivationHistogram());
            using var noGrad = GradMode.Disable();
            Watch(graph, images, seen, (histogram, values) => histogram.See(values));
            Watch(graph, images, seen, (histogram, values) => histogram.Count(values));
            Dictionary<int, ActivationScale> scales = seen.ToDictionary(entry => entry.Key, entry => entry.Value.Choose(method));
            return new QuantizedNetwork(QuantizedGraph.Of(graph, plan.ToDictionary(entry => entry.Key, entry => scales[entry.Value])), network.Classes, difference);
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps) => new(_runner.Run(images)[0], new Dictionary<string, Tensor>());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runner.Dispose();
        base.Dispose(disposing);
    }

    private static void Watch(
        Graph graph, IEnumerable<Tensor> images, Dictionary<int, ActivationHistogram> histograms, Action<ActivationHistogram, Tensor> tell)
    {
        var runner = new GraphRunner(graph); // owns no more than the graph, so it is not disposed
        bool isEmpty = true;
        foreach (Tensor batch in images)
        {
            isEmpty = false;
            using var scope = new TensorScope();
            runner.Run(batch, (number, values) =>
            {
                if (histograms.TryGetValue(number, out ActivationHistogram? histogram))
                    tell(histogram, values);
            });
        }

        if (isEmpty)
            throw new OnnxExportException("There are no images to calibrate by.");
    }
}
