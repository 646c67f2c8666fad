using Retort.Distillation.Options;
using Retort.Torch.Networks;

namespace Retort.Distillation.Features;

/// <summary>The taps that methods compare where the options do not name them, and the pairing of both networks' stages.</summary>
public static class TapChoice
{
    private const string Stem = "stem", Pooled = "pooled";

    /// <summary>
    /// The given pairs, or the stages' maps of both networks in order; where one network has more stages, its first ones are left out.
    /// </summary>
    /// <param name="given">From the options; null for the default.</param>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <exception cref="MethodException">A network has no maps.</exception>
    public static IReadOnlyList<TapPair> Stages(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher) =>
        given ?? (IReadOnlyList<TapPair>)Zip(StagesOf(student), StagesOf(teacher));

    /// <summary>The given pairs, or the stem's maps and then those of <see cref="Stages"/>.</summary>
    /// <inheritdoc cref="Stages"/>
    public static IReadOnlyList<TapPair> StemAndStages(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher)
    {
        if (given is not null)
            return given;
        List<TapPair> pairs = Zip(StagesOf(student), StagesOf(teacher));
        return student.Taps.ContainsKey(Stem) && teacher.Taps.ContainsKey(Stem) ? [new TapPair(Stem, Stem), .. pairs] : pairs;
    }

    /// <summary>The given pairs, or the maps of the last stage alone.</summary>
    /// <inheritdoc cref="Stages"/>
    public static IReadOnlyList<TapPair> LastStage(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher) =>
        given ?? (IReadOnlyList<TapPair>)[new TapPair(StagesOf(student)[^1], StagesOf(teacher)[^1])];

    /// <summary>The given pair, or the vectors before the classifiers.</summary>
    /// <param name="given">From the options; null for the default.</param>
    public static IReadOnlyList<TapPair> PooledVector(TapPair? given) => [given ?? new TapPair(Pooled, Pooled)];

    private static string[] StagesOf(NetworkShape network)
    {
        string[] maps =
        [
            .. network.Taps.Where(tap => tap.Value.Length == 3 && tap.Key != Stem
                && !tap.Key.EndsWith(Network.PreActivation, StringComparison.Ordinal)).Select(tap => tap.Key),
        ];
        return maps.Length > 0
            ? maps
            : throw new MethodException(
                $"{network.Name} has no stage that gives maps [C, H, W], only "
                + $"{string.Join(", ", network.Taps.Select(tap => $"{tap.Key} [{string.Join(", ", tap.Value)}]"))}: name taps in the method's "
                + "options, or take a method that reads the logits or the pooled vector.");
    }

    private static List<TapPair> Zip(string[] student, string[] teacher)
    {
        int count = Math.Min(student.Length, teacher.Length);
        return [.. student[^count..].Zip(teacher[^count..], (ofStudent, ofTeacher) => new TapPair(ofStudent, ofTeacher))];
    }
}
