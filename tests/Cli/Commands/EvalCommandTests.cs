using System.Text.Json;
using System.Text.Json.Nodes;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;

namespace Retort.Tests.Cli.Commands;

public sealed class EvalCommandTests : CliTests
{
    [Fact]
    public void Photos_of_any_size_are_brought_to_that_of_the_network()
    {
        Images();
        Train(OfFolder).Done();
        Image("test", "dog", "wide.png", PngFile.Flat(100, 80, red: 5, green: 0));
        Assert.Contains("5 images", CommandLine.Run("eval", In("run", "student.safetensors"), "--data", In("data"), "--precision", "fp32").Done().Output);
    }

    [Fact]
    public void Weights_of_PyTorch_see_photos_at_the_size_of_the_model_that_is_named()
    {
        Images();
        Train(OfFolder).Done();
        CommandLine.Run("export", In("run"), "-o", In("student.pth")).Done();
        for (int i = 0; i < 6; i++)
            Image("test", i % 2 == 0 ? "cat" : "dog", $"mixed{i}.png", PngFile.Flat(40 + (30 * i), 80, red: (byte)(40 * i), green: (byte)(250 - (50 * i))));

        Assert.Equal(Measure(In("run", "student.safetensors")), Measure(In("student.pth"), "--model", "resnet8"));

        (int Images, double Top1, double Loss) Measure(string file, params string[] model)
        {
            CommandLine eval = CommandLine.Run(["eval", file, .. model, "--data", In("data"), "--normalization", "cifar10", "--precision", "fp32", "--json"]);
            Assert.True(eval.Code == 0, eval.Error);
            JsonNode figures = JsonNode.Parse(eval.Output)!;
            return ((int)figures["images"]!, (double)figures["top1"]!, (double)figures["loss"]!);
        }
    }

    [Fact]
    public void A_published_data_set_is_told_by_its_files()
    {
        Train(Tiny).Done();
        Directory.CreateDirectory(In("binaries", "cifar-10-batches-bin"));
        File.WriteAllBytes(In("binaries", "cifar-10-batches-bin", "test_batch.bin"), [.. Enumerable.Range(0, 20).SelectMany(i => Enumerable.Repeat((byte)(i % 10), 3073))]);
        Directory.CreateDirectory(In("digits"));
        File.WriteAllBytes(In("digits", "t10k-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 28, 0, 0, 0, 28, .. Enumerable.Repeat((byte)51, 10 * 28 * 28)]);
        File.WriteAllBytes(In("digits", "t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 10, .. Enumerable.Range(0, 10).Select(i => (byte)i)]);

        string[] eval = ["eval", In("run"), "--precision", "fp32", "--data"];
        Assert.Contains("20 images", CommandLine.Run([.. eval, In("binaries")]).Done().Output);
        Assert.Contains("10 images", CommandLine.Run([.. eval, In("digits")]).Done().Output);
    }

    [Fact]
    public void Images_whose_classes_come_in_another_order_are_measured_by_their_names()
    {
        // The classes of synthetic images are not in alphabetical order, those of folders are.
        Train(Tiny).Done();
        CommandLine.Run("data", "make", In("shapes"), "--train-images", "40", "--test-images", "20").Done();
        string[] eval = ["eval", In("run"), "--precision", "fp32", "--json"];
        CommandLine folder = CommandLine.Run([.. eval, "--data", In("shapes")]);
        Assert.Equal(Loss(CommandLine.Run([.. eval, "--recipe", In("tiny.yaml")])), Loss(folder), 1e-6);
        Assert.DoesNotContain("Warning", folder.Error);

        foreach (string split in (string[])["train", "test"])
            Directory.Move(In("shapes", split, "striped disc"), In("shapes", split, "round"));
        Assert.Contains("' in the data: figures are right only where these are two names of one class.", CommandLine.Run([.. eval, "--data", In("shapes")]).Error);

        static double Loss(CommandLine line) => JsonDocument.Parse(line.Output).RootElement.GetProperty("loss").GetDouble();
    }

    [Fact]
    public void A_path_that_is_missing_is_told_before_images_are_asked_for()
    {
        CommandLine.Run("eval", In("typo")).Refused(1, $"{In("typo")}: there is no such file; check the path.");
        CommandLine.Run("export", In("typo"), "-o", In("a.onnx"), "--quantize", "int8").Refused(1, $"{In("typo")}: there is no such file; check the path.");
    }
}
