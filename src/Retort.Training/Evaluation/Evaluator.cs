using System.Diagnostics;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training.Parallel;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Evaluation;

/// <summary>Measures networks on labelled images.</summary>
/// <param name="dataset">The images; each is seen once, unchanged but normalised.</param>
/// <param name="normalization">What the networks expect.</param>
/// <param name="compute">Where and in which precision they run.</param>
/// <param name="size">Size of the images' middle that the networks see; null: the whole images.</param>
/// <param name="replicas">Processes that measure together, each on a share of the images; null: this one alone.</param>
public sealed class Evaluator(
    ImageDataset dataset, Normalization normalization, Compute compute, ImageSize? size = null, Replicas? replicas = null)
{
    private const int BatchSize = 250;

    private static readonly HashSet<string> NoTaps = [];

    private readonly Replicas _replicas = replicas ?? Replicas.Alone;
    private readonly BatchLoader _loader = BatchLoader.ForEvaluation(dataset, BatchSize, normalization, size, replicas?.Share);

    /// <summary>Runs the network over all images, in evaluation mode and without gradient; leaves it in the mode it had. In all processes at a time.</summary>
    /// <param name="network">On the device of the evaluator's compute.</param>
    /// <param name="progress">Is told images done and in all after each batch; may be null.</param>
    /// <param name="cancel">Stops between batches.</param>
    public EvaluationResult Run(Network network, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        using var mode = EvaluationMode.Enter(network);
        using var noGrad = GradMode.Disable();
        var tally = new EvaluationTally(dataset, network.Classes);
        int done = 0;
        var clock = new Stopwatch();
        InferenceNetwork? fast = null;
        try
        {
            foreach (Batch batch in _loader.Epoch(0, cancel: cancel))
            {
                using (batch)
                using (new TensorScope())
                {
                    Tensor images = batch.Images.To(compute.Device);
                    clock.Start();
                    if (done == 0)
                        fast = InferenceNetwork.TryMake(network, NoTaps, (int)images.Size(2), (int)images.Size(3), compute.Device, compute.Type);
                    Tensor logits;
                    using (compute.Enter())
                        logits = (fast?.Forward(images).Logits ?? network.Forward(images)).To(DType.Float32);
                    Tensor ranked = logits.Topk(Math.Min(5, network.Classes), 1).Item2.To(Device.Cpu);
                    clock.Stop();
                    if (_replicas.Share.Counted(batch.Total) > 0)
                        tally.Count(batch, logits, ranked);
                    done += batch.Total;
                }

                progress?.Invoke(done, dataset.Count);
            }
        }
        finally
        {
            fast?.Dispose();
        }

        tally.Join(_replicas);
        return tally.Result(done / clock.Elapsed.TotalSeconds);
    }
}
