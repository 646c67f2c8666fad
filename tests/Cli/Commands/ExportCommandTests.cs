using System.Formats.Tar;
using System.IO.Compression;
using Google.Protobuf;
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
        Assert.Equal(File.ReadAllText(In("run", "recipe.yaml")), facts["recipe"]);
        Assert.Equal(facts["recipe"], Facts(In("run", "checkpoints", "best"))["recipe"]);
        File.Copy(In("run", "student.safetensors"), In("elsewhere.safetensors"));
        File.Copy(In("run", "recipe.yaml"), In("recipe.yaml")); // not that of a run
        Assert.DoesNotContain("recipe", Facts(In("elsewhere.safetensors")));

        Dictionary<string, string> Facts(string weights)
        {
            CommandLine.Run("export", weights, "-o", In("facts.onnx")).Done();
            return Read("facts.onnx").MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        }
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
    public void Options_that_contradict_each_other_or_name_nothing_are_refused()
    {
        CommandLine.Run("export", In("run"), "-o", In("a.onnx"), "--batch", "4", "--dynamic-batch", "true")
            .Refused(2, "--batch takes one number of images only, --dynamic-batch true any: leave one of them out. See 'retort export --help'.");
        CommandLine.Run("export", In("run"), "-o", In("a.onnx"), "--quantize", "int8", "--calibration", "9")
            .Refused(2, "--calibration takes mse or minmax, not '9'. See 'retort export --help'.");
    }

    [Fact]
    public void Eight_bits_are_calibrated_on_the_runs_images_and_both_accuracies_are_told()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        CommandLine export = CommandLine.Run("export", In("run"), "-o", In("int8.onnx"), "--quantize", "int8", "--calibration", "minmax", "--calibration-images", "17").Done();
        Assert.Contains(" MB, opset 17; logits of its graph within ", export.Output);
        Assert.Matches(@"\nint8: top-1 [\d.]+ % before, [\d.]+ % after \([−+]?[\d.]+\), on 20 test images; the second is a simulation", export.Output);
        Assert.Contains("calibrating: 16 of 17", export.Output);
        ModelProto model = Read("int8.onnx");
        Dictionary<string, string> facts = model.MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        Assert.Equal(("int8", "20"), (facts["quantization"], facts["quantization.test_images"]));
        Assert.Equal("minmax, 17 training images of synthetic shapes, seed 0", facts["quantization.calibration"]);
        Assert.Equal(facts["test_top1"], facts["quantization.test_top1_before"]);
        Assert.InRange(double.Parse(facts["quantization.test_top1_simulated"], System.Globalization.CultureInfo.InvariantCulture), 0, 1);
        Assert.Equal((int)TensorProto.Types.DataType.Int8, model.Graph.Initializer.Single(constant => constant.Name == "layer1.0.conv1.weight").DataType);

        Assert.Contains($"\nReport: {In("int8.report.html")}\n", export.Output);
        string report = File.ReadAllText(In("int8.report.html"));
        Assert.Contains($"on 20 test images of {model.MetadataProps.Single(fact => fact.Key == "quantization.calibration").Value.Split(" of ")[1].Split(',')[0]}", report);
        Assert.Contains($"<td class=\"n\">{new FileInfo(In("int8.onnx")).Length:N0}</td>", report);
        Assert.Contains($"<td class=\"n\">{double.Parse(facts["test_top1"], System.Globalization.CultureInfo.InvariantCulture) * 100:F2} %</td>", report);

        CommandLine.Run("export", In("run"), "-o", In("same.onnx"), "--quantize", "int8", "--calibration", "minmax", "--calibration-images", "17", "--recipe", In("tiny.yaml")).Done();
        Assert.Equal(File.ReadAllBytes(In("int8.onnx")), File.ReadAllBytes(In("same.onnx")));
        CommandLine.Run("export", In("run"), "-o", In("other.onnx"), "--quantize", "int8", "--calibration", "minmax", "--calibration-images", "17", "--seed", "1").Done();
        Assert.NotEqual(model.Graph.ToByteArray(), Read("other.onnx").Graph.ToByteArray());
    }

    [Fact]
    public void Weights_are_written_for_PyTorch_and_as_safetensors_in_one_file_and_in_several()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        foreach (string name in (string[])["a.pth", "a.PT", "a.safetensors", "a.safetensors.index.json"])
        {
            string[] size = name.EndsWith("json", StringComparison.Ordinal) ? ["--shard-size", "1"] : [];
            Assert.Equal($"{In(name)}: resnet8, 56 tensors\n", CommandLine.Run(["export", In("run"), "-o", In(name), .. size]).Done().Output);
            Assert.Contains("56 match, 0 missing, 0 unexpected", CommandLine.Run("inspect", In(name), "--model", "resnet8").Done().Output);
            using SavedState from = StateDictReader.Read(In("run", "student.safetensors")), to = StateDictReader.Read(In(name));
            Assert.All(from.Tensors, entry => Assert.True(entry.Value.Equal(to.Tensors[entry.Key]), entry.Key));
        }

        Assert.True(File.Exists(In("a-00001-of-00001.safetensors")));
        string[] evaluated = [.. ((string[])["run", "a.safetensors", "a.safetensors.index.json"]).Select(name =>
            CommandLine.Run("eval", In(name), "--recipe", RecipeFile(Tiny), "--precision", "fp32").Done().Output.Split("   20 images")[0])];
        Assert.Single(evaluated.Distinct());
    }

    [Fact]
    public void What_a_file_of_weights_cannot_have_is_refused()
    {
        CommandLine.Run("train", RecipeFile(Tiny), "--out", In("run")).Done();
        Refused("a.bin", "-o takes a name that ends in .onnx, .safetensors.index.json, .safetensors, .pth, .pt, not '");
        Refused("a.pth", "--half is for an ONNX model; '", "--half");
        Refused("a.safetensors", "--opset is for an ONNX model; '", "--opset", "15");
        Refused("a.pth", "--quantize is for an ONNX model; '", "--quantize", "int8");
        Refused("a.safetensors", "--shard-size is for a NAME.safetensors.index.json.", "--shard-size", "3");
        Refused("a.onnx", "--shard-size is for a NAME.safetensors.index.json.", "--shard-size", "3");
        Refused("a.safetensors.index.json", "--shard-size takes 1 or more.", "--shard-size", "0");

        void Refused(string name, string message, params string[] more)
        {
            CommandLine.Run(["export", In("run"), "-o", In(name), .. more]).Refused(2, message, "");
            Assert.False(File.Exists(In(name)));
        }
    }

    [Fact]
    public void Images_to_quantise_by_must_be_named_and_fit()
    {
        string weights = Weights("resnet8", 10), out8 = In("a.onnx");
        string[] export = ["export", weights, "--model", "resnet8", "--normalization", "cifar10", "-o", out8];
        CommandLine.Run([.. export, "--quantize", "int8"]).Refused(2, "Name the images to quantise by with --data, or with the recipe that has them with --recipe.", "");
        CommandLine.Run([.. export, "--quantize", "int4", "--data", "synthetic"]).Refused(2, "--quantize takes int8, not 'int4'.", "");
        CommandLine.Run([.. export, "--data", "synthetic"]).Refused(2, "--data is for --quantize int8.", "");
        CommandLine.Run([.. export, "--seed", "3"]).Refused(2, "--seed is for --quantize int8.", "");
        CommandLine.Run([.. export, "--quantize", "int8", "--data", "synthetic", "--half"]).Refused(2, "--quantize goes neither with --half nor without --fold-bn.", "");
        CommandLine.Run([.. export, "--quantize", "int8", "--data", "synthetic", "--fold-bn", "false"]).Refused(2, "--quantize goes neither with --half nor without --fold-bn.", "");
        CommandLine.Run([.. export, "--quantize", "int8", "--data", "synthetic", "--calibration-images", "0"]).Refused(2, "--calibration-images takes 1 or more.", "");
        CommandLine.Run([.. export, "--quantize", "int8", "--data", "synthetic", "--seed", "-1"]).Refused(2, "--seed takes 0 or more.", "");
        Images(); // of two classes
        CommandLine.Run([.. export, "--quantize", "int8", "--data", In("data")]).Refused(1, $"{weights}: the network has 10 classes, 'data' has 2; quantise by", "");
        Assert.False(File.Exists(out8));
    }

    [OnnxFact("data", "cifar10-jpeg.tar.gz")]
    public void In_ONNX_Runtime_an_8_bit_teacher_loses_a_point_at_most_and_takes_30_percent_of_the_bytes()
    {
        List<(byte[] Pixels, int Label)> test = UnpackImages(train: 15, test: 100);
        string weights = RepositoryFiles.Shared("teachers", "resnet20-cifar10.pth");
        string[] export = ["export", weights, "--model", "resnet20", "--normalization", "repdistiller", "--with-preprocessing", "-o"];
        CommandLine.Run([.. export, In("whole.onnx")]).Done();
        CommandLine quantized = CommandLine.Run([.. export, In("int8.onnx"), "--quantize", "int8", "--data", In("data"), "--calibration-images", "128"]).Done();
        Assert.Contains("on 1000 test images", quantized.Output);
        Assert.InRange(new FileInfo(In("int8.onnx")).Length, 1, (long)(0.3 * new FileInfo(In("whole.onnx")).Length));

        OnnxRuntime.Check(In("int8.onnx"));
        byte[] pixels = [.. test.SelectMany(image => image.Pixels)];
        double[] accuracy =
        [
            .. OnnxRuntime.Run(Folder, (In("whole.onnx"), pixels, [test.Count, 32, 32, 3]), (In("int8.onnx"), pixels, [test.Count, 32, 32, 3]))
                .Select(logits => test.Where((image, i) => Best(logits.AsSpan(10 * i, 10)) == image.Label).Count() / (double)test.Count),
        ];
        Assert.True(accuracy[0] > 0.8, $"{accuracy[0]}");
        Assert.InRange(accuracy[1], accuracy[0] - 0.01, 1);
        double simulated = double.Parse(
            Read("int8.onnx").MetadataProps.Single(entry => entry.Key == "quantization.test_top1_simulated").Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(accuracy[1], simulated - 0.005, simulated + 0.005);
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
        byte[] pixels = [.. CifarArchive.Read(7).SelectMany(image => EncodedImage.Decode(image.File, ImageSize.Square(32)))];
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

    private static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int label = 1; label < logits.Length; label++)
            best = logits[label] > logits[best] ? label : best;
        return best;
    }

    // The first images of each class as a folder, and those for testing also decoded.
    private List<(byte[] Pixels, int Label)> UnpackImages(int train, int test)
    {
        using FileStream file = File.OpenRead(RepositoryFiles.Shared("data", "cifar10-jpeg.tar.gz"));
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        Dictionary<string, int> seen = [];
        List<(byte[] Pixels, string Class)> decoded = [];
        while (tar.GetNextEntry() is { } entry)
        {
            string folder = Path.GetDirectoryName(entry.Name)!;
            bool isTest = entry.Name.StartsWith("test/", StringComparison.Ordinal);
            if (entry.EntryType != TarEntryType.RegularFile || seen.GetValueOrDefault(folder) == (isTest ? test : train))
                continue;
            seen[folder] = seen.GetValueOrDefault(folder) + 1;
            Directory.CreateDirectory(In("data", folder));
            entry.ExtractToFile(In("data", entry.Name), overwrite: false);
            if (isTest)
                decoded.Add((EncodedImage.Decode(File.ReadAllBytes(In("data", entry.Name)), ImageSize.Square(32)), Path.GetFileName(folder)));
        }

        string[] classes = [.. decoded.Select(image => image.Class).Distinct().Order(StringComparer.Ordinal)];
        return [.. decoded.Select(image => (image.Pixels, Array.IndexOf(classes, image.Class)))];
    }
}
