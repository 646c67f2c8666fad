using System.Globalization;
using Retort.Training.DryRuns;

namespace Retort.Training.Reports;

/// <summary>How figures are written, the same in the report and on the terminal.</summary>
internal static class Figures
{
    /// <summary>Stands for a number that does not exist: not measured, or not finite.</summary>
    public const string None = "–";

    private const int ShownLayers = 8;

    /// <summary>A share as "83.21 %".</summary>
    public static string Percent(double? share) => Finite(share) is { } s ? Invariant($"{s * 100:F2} %") : None;

    /// <summary>A difference of two shares in percentage points, signed: "+2.10" or "−0.40".</summary>
    public static string Points(double? difference)
        => Finite(difference) is { } d ? Math.Round(d * 100, 2) switch
        {
            0 => "0.00",
            > 0 and var p => Invariant($"+{p:F2}"),
            var p => Invariant($"−{-p:F2}"),
        }
        : None;

    /// <summary>A large count with three significant digits: "272 k", "41.6 M", "1.20 G".</summary>
    public static string Count(long count) => Math.Abs((double)count) switch
    {
        >= 999.5e6 => Significant(count / 1e9) + " G",
        >= 999.5e3 => Significant(count / 1e6) + " M",
        >= 9_999.5 => Significant(count / 1e3) + " k",
        _ => Invariant($"{count}"),
    };

    /// <summary>Multiply-accumulates, as <see cref="Count"/>; 0 where they cannot be counted, as those of a TorchScript network.</summary>
    public static string Work(long macs) => macs == 0 ? None : Count(macs);

    /// <summary>A rate: "12,345", "51.3".</summary>
    public static string Rate(double perSecond)
        => Finite(perSecond) is { } r ? r.ToString(r >= 100 ? "N0" : "F1", CultureInfo.InvariantCulture) : None;

    /// <summary>A ratio: "10.9×".</summary>
    public static string Times(double ratio) => Finite(ratio) is { } r ? Significant(r) + "×" : None;

    /// <summary>A loss, four significant digits: "1.234", "0.0123", "1.2e-5".</summary>
    public static string Loss(double? loss) => Finite(loss) is { } l
        ? Math.Abs(l) is >= 1e-3 or 0 ? Invariant($"{l:0.####}") : Invariant($"{l:0.0e-0}")
        : loss?.ToString(CultureInfo.InvariantCulture) ?? None;

    /// <summary>A method's module: "translator, 55.3 k parameters", "paraphraser, 120 k parameters, frozen".</summary>
    public static string Part(MethodPart part) => $"{part.Name}, {Count(part.Parameters)} parameters{(part.Learns ? "" : ", frozen")}";

    /// <summary>The first layers of a method's module: "Conv2d [256, 64, 1, 1], BatchNorm2d [256], ReLU"; empty where it has none.</summary>
    public static string Layers(MethodPart part) =>
        string.Join(", ", part.Layers.Take(ShownLayers)) + (part.Layers.Count > ShownLayers ? $" and {part.Layers.Count - ShownLayers} more" : "");

    /// <summary>A duration: "4.2 s", "3:07", "1:02:09".</summary>
    public static string Duration(double seconds) => Finite(seconds) switch
    {
        null or < 0 => None,
        < 59.95 and var s => Invariant($"{s:F1} s"),
        { } s when TimeSpan.FromSeconds(Math.Round(s)) is var span => span.TotalHours >= 1
            ? Invariant($"{(long)span.TotalHours}:{span.Minutes:D2}:{span.Seconds:D2}")
            : Invariant($"{span.Minutes}:{span.Seconds:D2}"),
        _ => None,
    };

    private static string Significant(double value) => Math.Abs(value) switch
    {
        >= 99.95 => Invariant($"{value:F0}"),
        >= 9.995 => Invariant($"{value:F1}"),
        _ => Invariant($"{value:F2}"),
    };

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
