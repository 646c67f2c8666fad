using System.Globalization;

namespace Retort.Vision.Datasets;

/// <summary>How much memory decoded images may take where nobody says it.</summary>
internal static class ImageMemory
{
    private const string Available = "MemAvailable:";

    /// <summary>Half of the memory that is free: of the machine's, and of what a container leaves the process.</summary>
    public static long Default() => Math.Min(FreeOfMachine() ?? long.MaxValue, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 2;

    // .NET tells the total, or what was in use at the last collection; what could be had now only the system says.
    private static long? FreeOfMachine()
    {
        try
        {
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(Available, StringComparison.Ordinal));
            return line?[Available.Length..].Replace("kB", "", StringComparison.Ordinal) is { } text
                && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var kilobytes)
                    ? kilobytes << 10
                    : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // no Linux
        }
    }
}
