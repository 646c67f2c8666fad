using System.Globalization;

namespace Retort.Torch;

/// <summary>The cores that this process may compute on.</summary>
public static class ProcessorCores
{
    private const string Topology = "/sys/devices/system/cpu", Status = "/proc/self/status", Allowed = "Cpus_allowed_list:";

    /// <summary>
    /// How many there are, at least 1. Of the processors that this process may run on, those that share a core count once: dense arithmetic gains
    /// nothing by a second thread there. Never more than <see cref="Environment.ProcessorCount"/>, which knows a container's quota.
    /// </summary>
    public static int Count { get; } = Math.Min(Environment.ProcessorCount, CountIn(Topology, AllowedProcessors()) ?? int.MaxValue);

    /// <summary>Cores of some processors.</summary>
    /// <param name="topology">Folder with the system's description of each processor.</param>
    /// <param name="processors">Their numbers.</param>
    /// <returns>Null where it is not described, or there are none.</returns>
    internal static int? CountIn(string topology, IEnumerable<int> processors)
    {
        HashSet<string> cores = [];
        foreach (int processor in processors)
        {
            string siblings = Path.Combine(topology, string.Create(CultureInfo.InvariantCulture, $"cpu{processor}"), "topology", "thread_siblings_list");
            if (!File.Exists(siblings))
                return null;
            cores.Add(File.ReadAllText(siblings).Trim());
        }

        return cores.Count > 0 ? cores.Count : null;
    }

    /// <summary>The numbers of a list as Linux writes it, "0-3,8"; none where it is no such list.</summary>
    internal static IEnumerable<int> Numbers(string list)
    {
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (!int.TryParse(ends[0], CultureInfo.InvariantCulture, out int first) || !int.TryParse(ends[^1], CultureInfo.InvariantCulture, out int last))
                yield break;
            for (int number = first; number <= last; number++)
                yield return number;
        }
    }

    private static IEnumerable<int> AllowedProcessors() => File.Exists(Status)
        ? Numbers(File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Allowed, StringComparison.Ordinal))?[Allowed.Length..] ?? "")
        : [];
}
