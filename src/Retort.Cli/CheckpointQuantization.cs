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
using Retort.Training.Reports;
using Retort.Training.Runs;
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

        test = card.Relabel(test, observer.Notice);
        network.To(MemoryFormat.ChannelsLast);
        var evaluator = new Evaluator(test, card.Normalization, Compute.Plain, size);
        EvaluationResult before = Measure("measuring the network", network);
        int images = Math.Min(Images, train.Count);
        var loader = new BatchLoader(train, new Sampler(train.Count, BatchSize, (ulong)Seed), CropFlipNormalize.Evaluation(card.Normalization, size: size));
        var quantized = QuantizedNetwork.Make(network, size.Height, size.Width, Calibration(loader, images, observer, cancel), Method);
        EvaluationResult after = Measure("measuring the quantised network", quantized);
        return new QuantizationResult(quantized, Method, title, test.Classes, images, Seed, before, after);

        EvaluationResult Measure(string what, Network measured) =>
            evaluator.Run(measured, (done, total) => observer.Preparing(what, done, total), cancel);
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
/// <param name="Classes">The data set's class names; the index is the label.</param>
/// <param name="Images">Training images that it was calibrated by.</param>
/// <param name="Seed">Seed of which.</param>
/// <param name="Before">How the network does in float32.</param>
/// <param name="After">How the simulation in libtorch does on the same test images.</param>
internal sealed record QuantizationResult(
    QuantizedNetwork Network, CalibrationMethod Method, string Data, IReadOnlyList<string> Classes, int Images, int Seed, EvaluationResult Before,
    EvaluationResult After)
{
    private const string ReportEnding = ".report.html";

    /// <summary>How it was calibrated, in a few words.</summary>
    public string Calibration => string.Create(
        CultureInfo.InvariantCulture, $"{Method.ToString().ToLowerInvariant()}, {Images} training images of {Data}, seed {Seed}");

    /// <summary>As the model's metadata.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        ["quantization"] = "int8",
        ["quantization.calibration"] = Calibration,
        ["quantization.test_images"] = Before.Images.ToString(CultureInfo.InvariantCulture),
        ["quantization.test_top1_before"] = Before.Top1.ToString("R", CultureInfo.InvariantCulture),
        ["quantization.test_top1_simulated"] = After.Top1.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>Writes a page about it beside the model's file.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="name">The network's model.</param>
    /// <param name="bytesBefore">Size of the same model in float32.</param>
    /// <param name="bytesAfter">Size of the model's file.</param>
    /// <param name="now">The date that it says.</param>
    /// <returns>The page's path.</returns>
    public string Report(string model, string name, long bytesBefore, long bytesAfter, DateTimeOffset now)
    {
        string path = Path.ChangeExtension(model, ReportEnding);
        AtomicFile.Write(path, stream => QuantizationReport.Write(stream, new QuantizationFigures
        {
            Model = name, Data = Data, Classes = Classes, Before = Before, After = After, BytesBefore = bytesBefore, BytesAfter = bytesAfter,
            Environment =
            [
                new("Calibration", Calibration), new("Date", now.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture)),
                new("libtorch", TorchRuntime.Version), .. MachineFacts.Read(),
            ],
        }));
        return path;
    }
}
