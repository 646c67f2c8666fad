using Retort.Torch;
using Retort.Training.Reports;

namespace Retort.Training.Runs;

/// <summary>What a result depends on beside the recipe.</summary>
internal static class RunEnvironment
{
    public static IReadOnlyList<KeyValuePair<string, string>> Describe(Compute compute, long seed, DateTimeOffset now) =>
    [
        new("Date", now.ToString("yyyy-MM-dd HH:mm zzz")),
        new("Retort", typeof(RunEnvironment).Assembly.GetName().Version?.ToString(3) ?? ""),
        new("libtorch", TorchRuntime.Version),
        new("Computed in", $"{compute}, {TorchRuntime.Threads} threads"),
        new("Seed", seed.ToString()),
        .. MachineFacts.Read(),
    ];
}
