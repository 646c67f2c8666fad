using System.Runtime.InteropServices;
using Retort.Torch;

namespace Retort.Training.Reports;

/// <summary>What a number in a report depends on besides the recipe: processor, memory, system, runtime.</summary>
public static class MachineFacts
{
    /// <summary>Reads the facts; nothing that names the machine or its user is among them.</summary>
    /// <returns>Name and value, in the order in which to show them.</returns>
    public static IReadOnlyList<KeyValuePair<string, string>> Read() =>
    [
        new("Processor", $"{Processor()}, {ProcessorCores.Count} cores for this process"),
        new("Memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):F1} GiB"),
        new("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}".Trim()),
        new(".NET", Environment.Version.ToString()),
    ];

    private static string Processor()
    {
        const string Table = "/proc/cpuinfo";
        string? line = File.Exists(Table)
            ? File.ReadLines(Table).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
