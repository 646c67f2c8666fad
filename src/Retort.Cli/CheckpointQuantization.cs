using System.Globalization;
using Retort.Onnx.Quantization;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training;
using Retort.Training.Checkpoints;
using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Cli;

/// <summary>Quantises a network by training images, and measures on the test images what that costs.</summary>
/// <param name="Data">The images.</param>
/// <param name="Method">How the ranges of activations are chosen.</param>
/// <param name="Images">Training images to calibrate by; at most as many as there are.</param>
/// <param name="Seed">Seed of which.</param>
internal sealed record CheckpointQuantization(DataOptions Data, CalibrationMethod Method, int Images, int Seed)
{
    private const int BatchSize = 16; // every activation of a batch is looked at

    /// <summary>Quantises and measures.</summary>
    /// <param name="checkpoint">The weights' file, for messages.</param>
    /// <param name="network">With its weights, on the CPU; borrowed.</param>
    /// <param name="card">What is known of it; its normalisation counts, whatever the data's is.</param>
    /// <param name="observer">Is told of progress.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <exception cref="RetortException">The images cannot be read, or are not for this network.</exception>
    public QuantizationResult Run(string checkpoint, Network network, NetworkCard card, ITrainingObserver observer, CancellationToken cancel)
    {
        (string title, ImageDataset train, _, ImageDataset test) = Data.ReadSplits(observer.Preparing, cancel);
        ImageSize size = Data.Input ?? train.Size;
        if (train.Classes.Count != network.Classes)
            throw new CheckpointException(checkpoint, $"the network has {network.Classes} classes, '{title}' has {train.Classes.Count}; quantise by the data it was trained on.");
        if (size != ImageSize.Square(card.ImageSize))
            throw new CheckpointException(checkpoint, $"the network takes images of {ImageSize.Square(card.ImageSize)} pixels, those of '{title}' have {size}; quantise by the data it was trained on.");

        network.To(MemoryFormat.ChannelsLast);
        var evaluator = new Evaluator(test, card.Normalization, Compute.Plain, size);
        double before = Measure("measuring the network", network);
        int images = Math.Min(Images, train.Count);
        var loader = new BatchLoader(train, new Sampler(train.Count, BatchSize, (ulong)Seed), CropFlipNormalize.Evaluation(card.Normalization, size: size));
        var quantized = QuantizedNetwork.Make(network, size.Height, size.Width, Calibration(loader, images, observer, cancel), Method);
        double after = Measure("measuring the quantised network", quantized);
        return new QuantizationResult(quantized, Method, title, images, Seed, test.Count, before, after);

        double Measure(string what, Network measured) =>
            evaluator.Run(measured, (done, total) => observer.Preparing(what, done, total), cancel).Top1;
    }

    private static IEnumerable<Tensor> Calibration(BatchLoader loader, int images, ITrainingObserver observer, CancellationToken cancel)
    {
        int done = 0;
        foreach (Batch batch in loader.Epoch(0, cancel: cancel))
        {
            using (batch)
            {
                int taken = Math.Min(batch.Count, images - done);
                using Tensor first = batch.Images.Narrow(0, 0, taken);
                yield return first;
                done += taken;
            }

            observer.Preparing("calibrating", done, images);
            if (done == images)
                yield break;
        }
    }
}

/// <summary>A network that was quantised, and how well it does.</summary>
/// <param name="Network">Owned by the caller.</param>
/// <param name="Method">How the ranges of activations were chosen.</param>
/// <param name="Data">What the data set is called.</param>
/// <param name="Images">Training images that it was calibrated by.</param>
/// <param name="Seed">Seed of which.</param>
/// <param name="TestImages">Test images that both were measured on.</param>
/// <param name="Before">Top-1 in float32, 0..1.</param>
/// <param name="After">Top-1 of the simulation in libtorch, 0..1.</param>
internal sealed record QuantizationResult(
    QuantizedNetwork Network, CalibrationMethod Method, string Data, int Images, int Seed, int TestImages, double Before, double After)
{
    /// <summary>As the model's metadata.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        ["quantization"] = "int8",
        ["quantization.calibration"] = string.Create(
            CultureInfo.InvariantCulture, $"{Method.ToString().ToLowerInvariant()}, {Images} training images of {Data}, seed {Seed}"),
        ["quantization.test_images"] = TestImages.ToString(CultureInfo.InvariantCulture),
        ["quantization.test_top1_before"] = Before.ToString("R", CultureInfo.InvariantCulture),
        ["quantization.test_top1_simulated"] = After.ToString("R", CultureInfo.InvariantCulture),
    };
}
