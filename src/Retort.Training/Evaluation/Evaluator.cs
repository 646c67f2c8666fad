using System.Diagnostics;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Evaluation;

/// <summary>Measures networks on labelled images.</summary>
/// <param name="dataset">The images; each is seen once, unchanged but normalised.</param>
/// <param name="normalization">What the networks expect.</param>
/// <param name="compute">Where and in which precision they run.</param>
/// <param name="size">Size of the images' middle that the networks see; null: the whole images.</param>
public sealed class Evaluator(ImageDataset dataset, Normalization normalization, Compute compute, ImageSize? size = null)
{
    private const int BatchSize = 250;

    private static readonly HashSet<string> NoTaps = [];

    private readonly BatchLoader _loader = BatchLoader.ForEvaluation(dataset, BatchSize, normalization, size);

    /// <summary>Runs the network over all images, in evaluation mode and without gradient; leaves it in the mode it had.</summary>
    /// <param name="network">On the device of the evaluator's compute.</param>
    /// <param name="progress">Is told images done and in all after each batch; may be null.</param>
    /// <param name="cancel">Stops between batches.</param>
    public EvaluationResult Run(Network network, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        bool wasTraining = network.IsTraining;
        network.Eval();
        using var noGrad = GradMode.Disable();
        int classes = Math.Max(network.Classes, dataset.Classes.Count), done = 0;
        int[,] confusion = new int[classes, classes];
        long top1 = 0, top5 = 0;
        double loss = 0;
        List<Prediction> answers = new(dataset.Count);
        List<Half[]> probabilities = new(dataset.Count);
        var clock = new Stopwatch();
        InferenceNetwork? fast = null;
        try
        {
            foreach (Batch batch in _loader.Epoch(0, cancel: cancel))
            {
                using (batch)
                using (new TensorScope())
                {
                    Tensor images = batch.Images.To(compute.Device), labels = batch.Labels.To(compute.Device);
                    clock.Start();
                    if (done == 0)
                        fast = InferenceNetwork.TryMake(network, NoTaps, (int)images.Size(2), (int)images.Size(3), compute.Device, compute.Type);
                    Tensor logits;
                    using (compute.Enter())
                        logits = (fast?.Forward(images).Logits ?? network.Forward(images)).To(DType.Float32);
                    Tensor ranked = logits.Topk(Math.Min(5, network.Classes), 1).Item2.To(Device.Cpu);
                    clock.Stop();
                    loss += Losses.CrossEntropy(logits, labels).ToDouble() * batch.Count;
                    Tensor softmax = logits.Softmax(1);
                    Count(
                        ranked.ToArray<long>(), batch.Labels.ToArray<long>(), softmax.Topk(1, 1).Item1.To(Device.Cpu).ToArray<float>(),
                        softmax.To(DType.Float16).To(Device.Cpu).ToArray<Half>());
                    done += batch.Count;
                }

                progress?.Invoke(done, dataset.Count);
            }
        }
        finally
        {
            fast?.Dispose();
            network.Train(wasTraining);
        }

        return new EvaluationResult(
            done, (double)top1 / done, (double)top5 / done, loss / done, confusion, done / clock.Elapsed.TotalSeconds,
            new Predictions(answers, probabilities));

        void Count(long[] ranks, long[] labels, float[] confidences, Half[] shares)
        {
            int width = ranks.Length / labels.Length;
            for (int i = 0; i < labels.Length; i++)
            {
                ReadOnlySpan<long> row = ranks.AsSpan(i * width, width);
                confusion[labels[i], row[0]]++;
                if (row[0] == labels[i])
                    top1++;
                if (row.Contains(labels[i]))
                    top5++;
                answers.Add(new Prediction((int)labels[i], (int)row[0], confidences[i]));
                probabilities.Add(shares[(i * network.Classes)..((i + 1) * network.Classes)]);
            }
        }
    }
}
