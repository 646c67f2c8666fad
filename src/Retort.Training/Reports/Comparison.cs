namespace Retort.Training.Reports;

/// <summary>Finds the networks of a run by the part they play.</summary>
internal static class Comparison
{
    /// <summary>The role of a student that was trained on the labels alone.</summary>
    public const string PlainRole = "student alone";

    /// <summary>The role of a student that was trained with a teacher.</summary>
    public const string DistilledRole = "student distilled";

    /// <summary>The role of the network that was distilled from.</summary>
    public const string TeacherRole = "teacher";

    /// <summary>Whether the best epochs were chosen on development images and not on the test images.</summary>
    public static bool IsChosenOnDev(IReadOnlyList<NetworkSummary> networks) => networks.Any(n => n.BestDevAccuracy is not null);

    /// <summary>The class that gives a network its colour, the same in all figures.</summary>
    public static string Css(NetworkSummary network) => network.Role switch { TeacherRole => "teacher", PlainRole => "plain", _ => "student" };

    public static NetworkSummary? Teacher(IReadOnlyList<NetworkSummary> networks) => networks.FirstOrDefault(n => n.Role == TeacherRole);

    public static NetworkSummary? Plain(IReadOnlyList<NetworkSummary> networks) => networks.FirstOrDefault(n => n.Role == PlainRole);

    /// <summary>What the run is about: the distilled student, or the one that learned from labels where there is no teacher.</summary>
    public static NetworkSummary? Student(IReadOnlyList<NetworkSummary> networks) => networks.LastOrDefault(n => n.Role is not (TeacherRole or PlainRole));

    public static NetworkSummary? Distilled(IReadOnlyList<NetworkSummary> networks)
        => networks.LastOrDefault(n => n.Role.StartsWith(DistilledRole, StringComparison.Ordinal));
}
