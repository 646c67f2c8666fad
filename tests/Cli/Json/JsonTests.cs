using System.Text.Json;
using System.Text.Json.Nodes;
using Retort.Cli;
using Retort.Cli.Commands;
using Retort.Distillation;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Verification;
using Retort.Torch;
using Retort.Vision.Augmentation;

namespace Retort.Tests.Cli.Json;

/// <summary>What <c>--json</c> prints: one document, and nothing else, on the standard output.</summary>
public sealed class JsonTests : CliTests
{
    private static readonly string Page = File.ReadAllText(RepositoryFiles.Repository("docs", "command-line.md"));

    [Fact]
    public void The_version_and_the_machine()
    {
        JsonNode version = Document("version");
        Assert.Equal(VersionLine.Number, (string?)version["retort"]);
        Assert.Equal(Environment.Version.ToString(), (string?)version["machine"]!["dotnet"]);
    }

    [Fact]
    public void Lists_of_what_recipes_can_name()
    {
        Assert.Equal(MethodRegistry.Default.Entries.Select(method => method.Name), Texts(Document("list", "methods").AsArray(), "name"));
        JsonArray normalizations = Document("list", "normalizations").AsArray();
        Assert.Equal(Normalization.Presets.Keys, Texts(normalizations, "name"));
        Assert.Equal(0.4914f, (float)normalizations[0]!["mean"]![0]!);
        JsonNode synthetic = Document("list", "datasets").AsArray().Single(kind => (string?)kind!["kind"] == "synthetic")!;
        JsonNode images = synthetic["options"]!.AsArray().Single(option => (string?)option!["key"] == "train_images")!;
        Assert.Equal((10_000, false), ((int)images["default"]!, (bool)images["required"]!));
    }

    [Fact]
    public void Models_with_their_sizes()
    {
        JsonNode model = Assert.Single(Document("list", "models", "resnet8", "--classes", "10").AsArray())!;
        Assert.Equal((78_042, 10, 32), ((long)model["parameters"]!, (int)model["classes"]!, (int)model["image_size"]!));
        Assert.Equal(["stem", "stage1", "stage2", "stage3", "pooled"], model["taps"]!.AsArray().Select(tap => (string)tap!));
    }

    [Fact]
    public void A_method_with_its_options()
    {
        JsonNode method = Document("show", "kd");
        Assert.Equal(("kd", false), ((string?)method["name"], (bool)method["trains_teacher"]!));
        Assert.Equal((0.9, 0.1), ((double)method["weight"]!, (double)method["cross_entropy"]!));
        Assert.Null(Document("show", "sftn")["weight"]);
        Assert.Equal(4, (int)method["options"]!.AsArray().Single(option => (string?)option!["key"] == "temperature")!["default"]!);
    }

    [Fact]
    public void A_recipe_with_its_defaults_and_what_is_wrong_with_one()
    {
        JsonNode shown = JsonNode.Parse(CommandLine.Run("recipe", "show", RecipeFile(Tiny), "--json").Done().Output)!;
        Assert.Equal((2, 0.0), ((int)shown["train"]!["epochs"]!, (double)shown["train"]!["label_smoothing"]!));

        Assert.Empty(Document("recipe", "check", RecipeFile(Tiny))["problems"]!.AsArray());
        CommandLine wrong = CommandLine.Run("recipe", "check", RecipeFile(Tiny), "--set", "train.epochs=0", "--set", "train.batch=0", "--json");
        Assert.Equal(2, wrong.Code);
        Assert.StartsWith("retort: 2 things are wrong with ", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonNode.Parse(wrong.Output)!["problems"]!.AsArray().Count);
    }

    [Fact]
    public void The_counts_of_a_data_set_and_what_cannot_be_read()
    {
        Images();
        Image("train", "cat", "torn.jpg", JpegFile.Rgb[..200]);
        JsonNode data = Document(1, "data", "info", In("data"));
        Assert.Equal((32, 32), ((int)data["width"]!, (int)data["height"]!));
        Assert.Equal("""{"name":"cat","train":5,"dev":0,"test":2}""", data["classes"]![0]!.ToJsonString());
        Assert.Equal(In("data", "train", "cat", "torn.jpg"), (string?)data["unreadable"]![0]!["path"]);
        Assert.Equal(3, data["normalization"]!["std"]!.AsArray().Count);
    }

    [Fact]
    public void A_folder_that_was_made()
    {
        JsonNode made = Document("data", "make", In("data"), "--train-images", "20", "--test-images", "10");
        Assert.Equal((In("data"), 20, 10, 10), ((string?)made["folder"], (int)made["train"]!, (int)made["test"]!, made["classes"]!.AsArray().Count));
        Assert.Equal(10, Directory.GetDirectories(In("data", "test")).Length);
    }

    [Fact]
    public void What_a_checkpoint_holds()
    {
        string file = RepositoryFiles.Repository("tests", "Torch", "Serialization", "Fixtures", "training.pth");
        JsonNode held = Document(1, "inspect", file, "--model", "resnet8");
        Assert.Equal(("pytorch_zip", "state_dict", "module."), ((string?)held["format"], (string?)held["key"], (string?)held["prefix"]));
        Assert.Equal("""{"name":"0.weight","dtype":"float32","shape":[2,1,3,3]}""", held["tensors"]![0]!.ToJsonString());
        Assert.Equal(0, (int)held["comparison"]!["matching"]!);
        string script = RepositoryFiles.Repository("tests", "Torch", "TorchScript", "Fixtures", "traced.pt");
        JsonNode network = Document("inspect", script);
        Assert.Equal(("torchscript", "Sequential"), ((string?)network["format"], (string?)network["modules"]![0]!["class"]));
        Assert.Null(network["comparison"]);
    }

    [Fact]
    public void A_run_and_the_evaluation_of_its_student()
    {
        CommandLine train = Train(Tiny, "--json");
        Assert.Equal(0, train.Code);
        Assert.Contains("student epoch 2/2 loss ", train.Error);
        JsonNode run = Documented(train.Output);
        Assert.Equal((In("run"), In("run", "student.safetensors")), ((string?)run["folder"], (string?)run["student"]));
        Assert.Equal(In("run", "student.onnx"), (string?)run["onnx"]);
        JsonNode model = Document("export", In("run"), "-o", In("model.onnx"));
        Assert.Equal(("resnet8", new FileInfo(In("model.onnx")).Length), ((string?)model["model"], (long)model["bytes"]!));
        Assert.Null(model["quantization"]);
        JsonNode int8 = Document("export", In("run"), "-o", In("int8.onnx"), "--quantize", "int8", "--calibration-images", "8")["quantization"]!;
        Assert.Equal(("int8", "mse", 8, 0), ((string?)int8["type"], (string?)int8["calibration"], (int)int8["calibration_images"]!, (int)int8["seed"]!));
        Assert.Equal((20, (double)run["networks"]![0]!["accuracy"]!), ((int)int8["test_images"]!, (double)int8["top1_before"]!));
        Assert.InRange((double)int8["top1_simulated"]!, 0, 1);
        Assert.True(File.Exists((string?)int8["report"]));
        JsonNode weights = Document("export", In("run"), "-o", In("a.pth"));
        Assert.Equal(("resnet8", "pytorch_zip", 56), ((string?)weights["model"], (string?)weights["format"], (int)weights["tensors"]!));
        JsonNode student = Assert.Single(run["networks"]!.AsArray())!;
        Assert.Equal(("student", "resnet8", 78_042), ((string?)student["role"], (string?)student["model"], (long)student["parameters"]!));
        Assert.Null(student["best_dev_accuracy"]);

        JsonNode eval = Document("eval", In("run"), "--precision", "fp32");
        Assert.Equal((20, (double)student["accuracy"]!), ((int)eval["images"]!, (double)eval["top1"]!));
        Assert.Equal(("cpu", "fp32"), ((string?)eval["device"], (string?)eval["precision"]));
        Assert.Equal(20, eval["confusion"]!.AsArray().SelectMany(row => row!.AsArray()).Sum(count => (int)count!));
        Assert.Equal(10, eval["classes"]!.AsArray().Count);
        CommandLine.Run("eval", In("none.safetensors"), "--recipe", RecipeFile(Tiny), "--json").Refused(1, $"{In("none.safetensors")}: there is no such file", "");
    }

    [Fact]
    public void A_comparison_before_and_after_it_is_trained()
    {
        string file = RecipeFile($$"""
            {{Tiny}}
            seeds: [3, 5]
            variants:
              one: {distill: [ce: 1]}
              two: {distill: [ce: 0.5]}
            """.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal));
        JsonNode planned = Document("compare", file, "--out", In("out"), "--dry-run");
        Assert.Equal(["open", "open"], Texts(planned["variants"]![0]!["runs"]!.AsArray(), "state"));
        Assert.Null(planned["report"]);

        JsonNode done = Document("compare", file, "--out", In("out"));
        Assert.Equal(["done", "done"], Texts(done["variants"]![1]!["runs"]!.AsArray(), "state"));
        Assert.Equal(In("out", "results.csv"), (string?)done["csv"]);
        JsonNode two = done["variants"]!.AsArray().Single(variant => (string?)variant!["name"] == "two")!;
        double[] accuracies = [.. two["runs"]!.AsArray().Select(run => (double)run!["accuracy"]!)];
        Assert.Equal(accuracies.Average(), (double)two["accuracy"]!, 12);
        Assert.Equal("one", (string?)two["versus_alone"]!["variant"]); // of the labels alone, as the student alone
        Assert.NotNull(two["versus_alone"]!["half_width"]);
    }

    [Fact]
    public void A_verification_case_by_case()
    {
        using var scope = new TensorScope();
        Directory.CreateDirectory(In("golden"));
        KdCase.Make().Write(In("golden"), "right.safetensors");
        KdCase.Make().Scaled("expect.loss", 2).Write(In("golden"), "wrong.safetensors");
        KdCase.Make(method: "sodium").Write(In("golden"), "unknown.safetensors");

        JsonNode report = Document(1, "verify", In("golden"));
        Assert.Equal(("failed", 1, 1, 1), ((string?)report["verdict"], (int)report["passed"]!, (int)report["failed"]!, (int)report["unknown"]!));
        JsonNode wrong = report["cases"]!.AsArray().Single(@case => (string?)@case!["name"] == "wrong")!;
        Assert.Equal(("loss", false), ((string?)wrong["checks"]![0]!["name"], (bool)wrong["checks"]![0]!["passed"]!));
        Assert.True((double)wrong["checks"]![0]!["error"]! > 0);
        Assert.Contains("loss: ", (string?)wrong["faults"]![0]);
    }

    [Fact]
    public void Every_command_with_a_result_has_it()
    {
        string[] without = ["recipe schema", "completion"]; // whose result is a file's content
        List<string> missing = [];
        Walk("", AllCommands.Create());
        Assert.Equal(without.Order(), missing.Order());

        void Walk(string path, IEnumerable<CliCommand> commands)
        {
            foreach (CliCommand command in commands)
            {
                Walk($"{path}{command.Name} ", command.Inner);
                if (command.Inner.Count == 0 && !command.Options.Any(option => option.Name == "--json"))
                    missing.Add($"{path}{command.Name}");
            }
        }
    }

    private static JsonNode Document(params string[] arguments) => Document(0, arguments);

    private static JsonNode Document(int code, params string[] arguments)
    {
        CommandLine line = CommandLine.Run([.. arguments, "--json"]);
        Assert.True(line.Code == code, $"code {line.Code}\n{line.Output}\n{line.Error}");
        return Documented(line.Output);
    }

    // Nothing but a document on one line, whose keys stand in the documentation.
    private static JsonNode Documented(string output)
    {
        Assert.Single(output.TrimEnd('\n').Split('\n'));
        JsonNode document = JsonNode.Parse(output)!;
        string[] keys = [.. Keys(document).Distinct()];
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Matches($"[`,. ]{key}[`,:]", Page));
        Assert.All(keys, key => Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(key), key));
        return document;
    }

    private static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject mapping => mapping.SelectMany(entry => (entry.Key == "default" ? [] : Keys(entry.Value)).Prepend(entry.Key)), // an option's value
        JsonArray list => list.SelectMany(Keys),
        _ => [],
    };

    private static IEnumerable<string?> Texts(JsonArray list, string key) => list.Select(entry => (string?)entry![key]);
}
