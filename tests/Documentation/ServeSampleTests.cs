using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Retort.Onnx;
using Retort.Tests.Onnx;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Documentation;

/// <summary>The program in samples/serve, asked over HTTP.</summary>
public sealed class ServeSampleTests : IDisposable
{
    private static readonly string[] Classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
    private static readonly string Runtime = RepositoryFiles.Repository(
        "artifacts", "tools", "node_modules", "onnxruntime-node", "bin", "napi-v6", "linux", "x64", "libonnxruntime.so.1");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OnnxFact("data", "cifar10-jpeg.tar.gz")]
    public async Task Real_images_get_the_networks_probabilities_and_what_is_no_image_gets_a_sentence()
    {
        using Network network = Teacher(out NetworkCard card);
        CheckpointExport.Write("none", network, card, new ExportOptions(), withPreprocessing: true, Model);
        using Process server = Start("--model", Model, "--onnxruntime", Runtime, "--urls", "http://127.0.0.1:0");
        try
        {
            using var client = new HttpClient { BaseAddress = await Address(server) };
            int right = 0, count = 0;
            foreach ((string label, byte[] file) in CifarArchive.Read(3))
            {
                JsonArray answers = await Classify(client, file);
                Assert.Equal(Expected(network, card, file), answers.Select(answer => ((string)answer!["class"]!, Math.Round((double)answer["probability"]!, 3))));
                right += (string)answers[0]!["class"]! == label ? 1 : 0;
                count++;
            }

            Assert.True(right > count / 2, $"{right} of {count}");
            Assert.Equal(10, (await Classify(client, JpegFile.Rgb)).Count); // 16 x 12 pixels
            Assert.Equal(10, (await Classify(client, PngFile.Flat(100, 60, red: 200))).Count);
            await Refused(client, []);
            await Refused(client, "no image"u8.ToArray());
            await Refused(client, JpegFile.Rgb[..200]);
        }
        finally
        {
            server.Kill();
        }
    }

    [OnnxFact]
    public void What_cannot_be_served_is_told_before_anything_is_asked()
    {
        Assert.Equal($"serve: There is no model {Model}: name it with --model, and make it with 'retort export --with-preprocessing'.\n", Failure("--model", Model));
        using Network network = Support.Networks.Trained("resnet8");
        var card = new NetworkCard { Model = "resnet8", Classes = Classes, Normalization = Normalization.Cifar10, ImageSize = 32 };
        CheckpointExport.Write("none", network, card, new ExportOptions(), withPreprocessing: false, Model);
        Assert.StartsWith($"serve: ONNX Runtime cannot be loaded from '/nowhere.so': ", Failure("--model", Model, "--onnxruntime", "/nowhere.so"), StringComparison.Ordinal);
        Assert.Contains("--with-preprocessing", Failure("--model", Model, "--onnxruntime", Runtime));
        File.WriteAllText(Model, "no model");
        Assert.StartsWith("serve: ONNX Runtime: ", Failure("--model", Model, "--onnxruntime", Runtime), StringComparison.Ordinal);
    }

    private string Model => Path.Combine(_folder.Path, "model.onnx");

    private static Network Teacher(out NetworkCard card)
    {
        (Network network, card) = CheckpointLoader.Open(RepositoryFiles.Shared("teachers", "resnet20-cifar10.pth"), "resnet20", Normalization.Presets["repdistiller"]);
        card = card with { Classes = Classes };
        network.Eval();
        return network;
    }

    private static IEnumerable<(string Class, double Probability)> Expected(Network network, NetworkCard card, byte[] file)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        Tensor pixels = (Tensor.From<byte>(EncodedImage.Decode(file, ImageSize.Square(32)), 1, 32, 32, 3).To(DType.Float32) / 255).Permute([0, 3, 1, 2]);
        Tensor mean = Tensor.From<float>([.. card.Normalization.Mean], 1, 3, 1, 1), deviation = Tensor.From<float>([.. card.Normalization.Deviation], 1, 3, 1, 1);
        float[] shares = network.Forward((pixels - mean) / deviation).Softmax(1).ToArray<float>();
        return Classes.Zip(shares).OrderByDescending(pair => pair.Second).Select(pair => (pair.First, Math.Round(pair.Second, 3)));
    }

    private static async Task<JsonArray> Classify(HttpClient client, byte[] image)
    {
        using HttpResponseMessage response = await client.PostAsync(new Uri("/classify", UriKind.Relative), new ByteArrayContent(image));
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, body);
        JsonArray answers = JsonNode.Parse(body)!.AsArray();
        double[] probabilities = [.. answers.Select(answer => (double)answer!["probability"]!)];
        Assert.Equal(1, probabilities.Sum(), 1e-5);
        Assert.Equal(probabilities.OrderDescending(), probabilities);
        return answers;
    }

    private static async Task Refused(HttpClient client, byte[] body)
    {
        using HttpResponseMessage response = await client.PostAsync(new Uri("/classify", UriKind.Relative), new ByteArrayContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Matches(@"^The image cannot be read: .*\. Send a JPEG or PNG file\.$", (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]!);
    }

    private static async Task<Uri> Address(Process server)
    {
        const string listening = "Now listening on: ";
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains(listening, StringComparison.Ordinal))
                return new Uri(line[(line.IndexOf(listening, StringComparison.Ordinal) + listening.Length)..]);
        }

        throw new InvalidOperationException($"It ended: {await server.StandardError.ReadToEndAsync()}");
    }

    private static string Failure(params string[] arguments)
    {
        using Process program = Start(arguments);
        Task<string> output = program.StandardOutput.ReadToEndAsync();
        string error = program.StandardError.ReadToEnd();
        program.WaitForExit();
        Assert.Equal((1, ""), (program.ExitCode, output.Result));
        return error;
    }

    private static Process Start(params string[] arguments)
    {
        // Beside the tests' own output: artifacts/bin/NAME/CONFIGURATION.
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Serve", configuration, "Serve.dll"));
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
    }
}
