using System.Runtime.InteropServices;
using System.Text.Json;
using Retort.Onnx;
using Retort.Tests.Onnx;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.EndToEnd.RoundTrip;

/// <summary>Every model of the zoo: PyTorch's weights go through Retort and come out of ONNX Runtime, and of PyTorch again, as PyTorch's own logits.</summary>
public sealed class RoundTripTests : IDisposable
{
    private const double Tolerance = 1e-4; // of logits up to about 3
    private const int Classes = 10, Images = 7;

    // On images of 224 pixels networks that take any size would take minutes; these are enough of them, the rest sees 64.
    private static readonly string[] InFullSize = ["resnet18", "mobilenet_v1", "mobilenet_v2"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RoundTripFact]
    public void Logits_stay_those_of_PyTorch_by_way_of_its_files_ONNX_and_ONNX_Runtime_and_back()
    {
        Job[] jobs = [.. ModelRegistry.Default.Entries.Select(Plan)];
        string list = In("trip.json");
        File.WriteAllText(list, JsonSerializer.Serialize(jobs, JsonSerializerOptions.Web));
        Python.Run(["tests", "EndToEnd", "RoundTrip", "trip.py"], "make", list);

        Assert.All(jobs, Export);

        OnnxRuntime.Check([.. jobs.Select(OnnxOf)]);
        (string, Array, long[])[] runs = [.. jobs.SelectMany(job => ((int[])[1, Images]).Select(batch => Run(job, batch)))];
        float[][] given = OnnxRuntime.Run(_folder.Path, runs);
        Assert.All(jobs.Index(), entry =>
        {
            float[] expected = Numbers(entry.Item.Logits);
            if (TakesSigns(entry.Item))
            {
                NearMostly(expected, given[(2 * entry.Index) + 1], $"ONNX Runtime, {entry.Item.Model}");
                return;
            }

            Near(expected[..Classes], given[2 * entry.Index], $"ONNX Runtime, {entry.Item.Model}, one image");
            Near(expected, given[(2 * entry.Index) + 1], $"ONNX Runtime, {entry.Item.Model}");
        });
        Python.Run(["tests", "EndToEnd", "RoundTrip", "trip.py"], "take", list);
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private string OnnxOf(Job job) => In($"{job.Model}.onnx");

    private Job Plan(ModelEntry entry)
    {
        bool isFixed = entry.ImageSize <= 32 || entry.Name.StartsWith("deit", StringComparison.Ordinal) || InFullSize.Contains(entry.Name);
        int side = isFixed ? entry.ImageSize : 64;
        string images = In($"{side}.images");
        if (!File.Exists(images))
            File.WriteAllBytes(images, MemoryMarshal.AsBytes<float>(Real(side)).ToArray());
        return new Job(
            entry.Name, Classes, images, [Images, 3, side, side], In($"{entry.Name}.pth"), In($"{entry.Name}.logits"), In($"{entry.Name}.back.pth"));
    }

    private static float[] Real(int side)
    {
        ImageSize size = ImageSize.Square(side);
        using Batch batch = BatchLoader.ForEvaluation(CifarArchive.OrShapes(Images, size), Images, Normalization.Cifar10).Epoch(0).Single();
        return batch.Images.ToArray<float>();
    }

    // As a user does: by name, with the weights of a .pth.
    private void Export(Job job)
    {
        using var scope = new TensorScope();
        (Network network, NetworkCard card) = CheckpointLoader.Open(job.Weights, job.Model, Normalization.Cifar10);
        using (network)
        {
            network.Eval();
            using (GradMode.Disable())
                Near(Numbers(job.Logits), network.Forward(Tensor.From<float>(Numbers(job.Images), job.Shape)).ToArray<float>(), $"Retort, {job.Model}");
            CheckpointExport.Write(job.Weights, network, card with { ImageSize = (int)job.Shape[^1] }, new ExportOptions(), withPreprocessing: false, OnnxOf(job));
            using FileStream back = File.Create(job.Back);
            PytorchStateDict.Write(back, network.State());
        }
    }

    private (string Model, Array Input, long[] Shape) Run(Job job, int batch)
    {
        float[] images = Numbers(job.Images);
        return (OnnxOf(job), images[..(images.Length / Images * batch)], [batch, .. job.Shape[1..]]);
    }

    private static float[] Numbers(string file) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file)).ToArray();

    private static bool TakesSigns(Job job) => job.Model.StartsWith("binary", StringComparison.Ordinal) && !job.Model.EndsWith("tanh", StringComparison.Ordinal);

    private static void Near(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double apart = Apart(expected, actual);
        Assert.True(apart <= Tolerance, $"{what}: {apart}");
    }

    // Where signs are taken, a number that rounds to the other side of 0 is a step, and all behind it changes. Most images have none.
    private static void NearMostly(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double[] apart = [.. expected.Chunk(Classes).Zip(actual.Chunk(Classes), Apart)];
        Assert.True(apart.Count(distance => distance <= Tolerance) > Images / 2, $"{what}: {string.Join(' ', apart)}");
    }

    private static double Apart(float[] expected, float[] actual) => expected.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max();

    // What trip.py is told of a model.
    private sealed record Job(string Model, int Classes, string Images, long[] Shape, string Weights, string Logits, string Back);
}

/// <summary>A test that needs Python's torch, onnx's checker and ONNX Runtime; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RoundTripFactAttribute : FactAttribute
{
    public RoundTripFactAttribute() => Skip = OnnxRuntime.Missing
        ?? (Python.Has("torch", "torchvision") ? null : "needs Debian's packages python3-torch and python3-torchvision");
}
