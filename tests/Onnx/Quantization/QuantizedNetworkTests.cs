using Retort.Onnx;
using Retort.Onnx.Quantization;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Onnx.Quantization;

public sealed class QuantizedNetworkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OnnxFact]
    public void Every_family_is_accepted_by_the_checker_and_does_in_ONNX_Runtime_what_the_simulation_does()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        string[] models = [.. ModelRegistry.Default.Entries.Select(entry => entry.Name)];
        Tensor images = Aten.Randn([4, 3, 32, 32]);
        List<(string Model, Array Input, long[] Shape)> jobs = [];
        List<(string Name, float[] Exact, float[] Simulated)> expected = [];
        foreach (string model in models)
        {
            var entry = ModelRegistry.Default.Find(model);
            int size = entry.ImageSize > 64 && !entry.Name.StartsWith("deit", StringComparison.Ordinal) ? 64 : entry.ImageSize;
            if (size != 32) images = Aten.Randn([4, 3, size, size]);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            using Network network = Support.Networks.Trained(model);
            using var quantized = QuantizedNetwork.Make(network, size, size, [images], CalibrationMethod.MinMax);
            jobs.Add((Export(quantized, new(), model), images.ToArray<float>(), images.Shape));
            expected.Add((model, network.Forward(images).ToArray<float>(), quantized.Forward(images).ToArray<float>()));
            Console.Error.WriteLine($"{model} {clock.Elapsed.TotalSeconds}");
            images = Aten.Randn([4, 3, 32, 32]);
        }

        OnnxRuntime.Check([.. jobs.Select(job => job.Model)]);
        float[][] given = OnnxRuntime.Run(_folder.Path, [.. jobs]);
        List<string> lines = [];
        foreach (((string name, float[] exact, float[] simulated), float[] logits) in expected.Zip(given))
        {
            lines.Add($"{name}: rounding {Apart(exact, simulated)} runtime {Apart(simulated, logits)}");
        }
        Assert.Fail(string.Join("\n", lines));
    }

    private string Export(Network network, ExportOptions options, string name)
    {
        string path = Path.Combine(_folder.Path, $"{name}.onnx");
        using FileStream file = File.Create(path);
        OnnxExporter.Export(network, 32, 32, options, file);
        return path;
    }

    // Root mean square of the difference, as a part of the first's.
    private static double Apart(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum() / a.Sum(x => Math.Pow(x, 2)));
}
