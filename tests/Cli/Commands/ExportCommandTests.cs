using System.Formats.Tar;
using System.IO.Compression;
using Retort.Onnx.Format;
using Retort.Tests.Cli.Support;
using Retort.Tests.Onnx;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.Cli.Commands;

public sealed class ExportCommandTests : CliTests
{
    [Fact]
    public void A_run_leaves_a_model_and_its_folder_stands_for_its_student()
    {
        CommandLine train = CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        Assert.Contains($"ONNX:    {In("run", "student.onnx")}", train.Output);

        CommandLine export = CommandLine.Run("export", In("run"), "-o", In("again.onnx")).Done();
        Assert.StartsWith($"{In("again.onnx")}: resnet8, ", export.Output);
        Assert.Equal(File.ReadAllBytes(In("run", "student.onnx")), File.ReadAllBytes(In("again.onnx")));
        Dictionary<string, string> facts = Read("again.onnx").MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        using SavedState saved = StateDictReader.Read(In("run", "student.safetensors"));
        NetworkCard card = NetworkCard.FromMetadata(saved.Metadata)!;
        Assert.Equal(("resnet8", "32"), (facts["model"], facts["image_size"]));
        Assert.Equal(card.Classes, System.Text.Json.JsonSerializer.Deserialize<string[]>(facts["classes"])!);
        Assert.Equal(card.Accuracy, double.Parse(facts["test_top1"], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Options_reach_the_model()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        CommandLine.Run("export", In("run"), "-o", In("a.onnx"), "--opset", "13", "--fold-bn", "false", "--batch", "4", "--with-preprocessing").Done();
        ModelProto model = Read("a.onnx");
        Assert.Equal(13, model.OpsetImport[0].Version);
        Assert.Contains(model.Graph.Node, node => node.OpType == "BatchNormalization");
        Assert.Equal(("pixels", 4), (model.Graph.Input[0].Name, model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue));
        CommandLine.Run("export", In("run"), "-o", In("b.onnx"), "--dynamic-batch", "false", "--half").Done();
        model = Read("b.onnx");
        Assert.Equal(1, model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue);
        Assert.Contains(model.Graph.Initializer, constant => constant.DataType == (int)TensorProto.Types.DataType.Float16);
    }

    [Fact]
    public void Wrong_use_is_refused()
    {
        CommandLine.Run("export", In("nothing.pth"), "-o", In("a.onnx")).Refused(1, In("nothing.pth"), "");
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        CommandLine.Run("export", In("run"), "-o", In("a.onnx"), "--opset", "18").Refused(2, "Opset 18 cannot be written, only 13 to 17", "");
        CommandLine.Run("export", In("run"), "-o", In("a.onnx"), "--batch", "0").Refused(2, "--batch takes 1 or more.", "");
        Assert.False(File.Exists(In("a.onnx")));
    }

    [OnnxFact("data", "cifar10-jpeg.tar.gz")]
    public void A_teacher_from_PyTorch_gives_the_same_logits_in_ONNX_Runtime_on_real_images()
    {
        string weights = RepositoryFiles.Shared("teachers", "resnet20-cifar10.pth");
        CommandLine.Run("export", weights, "--model", "resnet20", "-o", In("a.onnx")).Refused(1, weights, "say it with --normalization.");
        CommandLine.Run("export", weights, "--model", "resnet20", "--normalization", "repdistiller", "--with-preprocessing", "-o", In("teacher.onnx")).Done();

        using var scope = new TensorScope();
        byte[] pixels = [.. FirstImages(7).SelectMany(image => image)];
        Normalization normalization = Normalization.Presets["repdistiller"];
        Tensor images = (Tensor.From<byte>(pixels, 7, 32, 32, 3).To(DType.Float32) / 255).Permute([0, 3, 1, 2]);
        Tensor mean = Tensor.From<float>([.. normalization.Mean], 1, 3, 1, 1), deviation = Tensor.From<float>([.. normalization.Deviation], 1, 3, 1, 1);
        using Network network = CheckpointLoader.Open(weights, "resnet20", normalization).Network;
        network.Eval();
        float[] expected = network.Forward((images - mean) / deviation).Detach().ToArray<float>();

        OnnxRuntime.Check(In("teacher.onnx"));
        float[][] actual = OnnxRuntime.Run(Folder, (In("teacher.onnx"), pixels, [7, 32, 32, 3]), (In("teacher.onnx"), pixels[..(32 * 32 * 3)], [1, 32, 32, 3]));
        Assert.Equal(70, actual[0].Length);
        double scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual[0]), pair => Assert.InRange(pair.Second - pair.First, -1e-4 * scale, 1e-4 * scale));
        Assert.All(expected.Zip(actual[1]), pair => Assert.InRange(pair.Second - pair.First, -1e-4 * scale, 1e-4 * scale));
    }

    private ModelProto Read(string name) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(In(name)));

    private static List<byte[]> FirstImages(int count)
    {
        using FileStream file = File.OpenRead(RepositoryFiles.Shared("data", "cifar10-jpeg.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        List<byte[]> images = [];
        while (images.Count < count && tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType != TarEntryType.RegularFile)
                continue;
            using var bytes = new MemoryStream();
            entry.DataStream!.CopyTo(bytes);
            byte[] pixels = new byte[32 * 32 * 3];
            Assert.Null(ImageDecoder.TryDecode(bytes.ToArray(), ImageSize.Square(32), pixels));
            images.Add(pixels);
        }

        return images;
    }
}
