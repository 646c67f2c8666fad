using System.Text.Json;
using System.Text.Json.Serialization;
using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Support;

/// <summary>Runs that take a second: 40 images, resnet8, batch 8, one thread.</summary>
internal static class TinyRun
{
    public const int StepsPerEpoch = 5;

    public static TrainOptions Train { get; } = new()
    {
        Epochs = 2, Batch = 8, Threads = 1, Seed = 7, Precision = Precision.Fp32, Schedule = new CosineScheduleOptions(),
        Optimizer = new SgdOptions { Lr = 0.05, Momentum = 0.9 },
    };

    public static SyntheticDataOptions Data { get; } = new() { TrainImages = 40, TestImages = 20 };

    /// <summary>A student alone.</summary>
    public static Recipe Alone { get; } = new() { Name = "tiny", Data = Data, Student = new() { Model = "resnet8" }, Train = Train };

    /// <summary>Teacher, plain student, student distilled by KD.</summary>
    public static Recipe Distilled { get; } = Alone with
    {
        Teacher = new() { Model = "resnet8", Train = Train with { Epochs = 1 } }, PlainStudent = true, Distill = [new("ce", 0.5), new("kd", 0.5)],
    };

    /// <summary>A student that learns from the probe method, whose options are given as JSON.</summary>
    public static Recipe Probed(string options = "{}") => Alone with
    {
        Teacher = new() { Model = "resnet8", Train = Train with { Epochs = 1 } },
        Distill = [new("ce", 1), new("probe", 0.5, (OptionMapping)OptionNode.FromJson(JsonDocument.Parse(options).RootElement, ""))],
    };

    /// <summary>Does a whole run, or goes on with the one in the folder.</summary>
    public static RunResult Do(Recipe recipe, string folder, RecordingObserver? observer = null, CancellationToken cancel = default)
    {
        using RunFolder opened = RunFolder.Open(folder, ExistingRun.Resume, TimeProvider.System);
        using var run = new Run(recipe, opened, observer ?? new RecordingObserver(), methods: ProbeMethod.Registry);
        return run.Train(cancel);
    }

    /// <summary>A run that is cancelled while it is on its way.</summary>
    public static void DoCancelled(Recipe recipe, string folder, Func<CancellationTokenSource, RecordingObserver> observer)
    {
        using var cancel = new CancellationTokenSource();
        RecordingObserver watching = observer(cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => Do(recipe, folder, watching, cancel.Token));
    }

    /// <summary>Copies a folder as it is on the disk: what a kill at this moment would leave.</summary>
    public static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (Path.GetFileName(file) != ".lock") // locked by the run
                File.Copy(file, target);
        }
    }

    /// <summary>Both runs gave the same bits: weights of all stages, optimiser, averages, random state, and figures but for times.</summary>
    public static void AssertSame(string expected, string actual)
    {
        string[] files = [.. Directory.EnumerateFiles(expected, "*.safetensors", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(expected, file)).Order(StringComparer.Ordinal)];
        Assert.Contains("student.safetensors", files);
        Assert.Equal(files, Directory.EnumerateFiles(actual, "*.safetensors", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(actual, file)).Order(StringComparer.Ordinal));
        foreach (string file in files)
            Assert.True(File.ReadAllBytes(Path.Combine(expected, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, file))), file);
        Assert.Equal(Figures(expected), Figures(actual));
    }

    private static readonly JsonSerializerOptions NamedNumbers = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The lines of metrics.jsonl without times.</summary>
    public static string[] Figures(string folder) =>
    [
        .. MetricsLog.Read(Path.Combine(folder, "metrics.jsonl"))
            .Select(epoch => JsonSerializer.Serialize(epoch with { Seconds = 0, ImagesPerSecond = 0 }, NamedNumbers)),
    ];

    public static byte[] Student(string folder) => File.ReadAllBytes(Path.Combine(folder, "student.safetensors"));
}
