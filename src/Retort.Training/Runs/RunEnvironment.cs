using System.Runtime.InteropServices;
using Retort.Torch;

namespace Retort.Training.Runs;

/// <summary>What a result depends on beside the recipe.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyList<KeyValuePair<string, string>> Describe(Compute compute, long seed, DateTimeOffset now) =>
    [
        new("Date", now.ToString("yyyy-MM-dd HH:mm zzz")),
        new("Retort", typeof(RunEnvironment).Assembly.GetName().Version?.ToString(3) ?? ""),
        new("libtorch", TorchRuntime.Version),
        new("Computed in", compute.ToString()),
        new("Threads", TorchRuntime.Threads.ToString()),
        new("Seed", seed.ToString()),
        new("Processor", Processor()),
        new("System", $"{RuntimeInformation.OSDescription}, .NET {Environment.Version}"),
    ];

    private static string Processor()
    {
        const string processors = "/proc/cpuinfo";
        string? line = File.Exists(processors)
            ? File.ReadLines(processors).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        string name = line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        return $"{name}, {Environment.ProcessorCount} cores";
    }
}
