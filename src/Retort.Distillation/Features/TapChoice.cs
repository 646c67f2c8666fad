using Retort.Distillation.Options;
using Retort.Torch.Networks;

namespace Retort.Distillation.Features;

/// <summary>
/// The taps that methods compare where the options do not name them. Stages are paired in order, as in RepDistiller. Where one network has
/// more of them, those in a row whose heights are nearest to the other's take part; of rows equally near, the last.
/// </summary>
public static class TapChoice
{
    /// <summary>The vector before the classifier.</summary>
    public const string Pooled = "pooled";

    private const string Stem = "stem";

    /// <summary>The stages' maps of both networks, in order.</summary>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <exception cref="MethodException">A network has no maps.</exception>
    public static IReadOnlyList<TapPair> Stages(NetworkShape student, NetworkShape teacher)
    {
        string[] ofStudent = StagesOf(student), ofTeacher = StagesOf(teacher);
        int count = Math.Min(ofStudent.Length, ofTeacher.Length);
        return Rows(ofStudent, count)
            .SelectMany(_ => Rows(ofTeacher, count), (s, t) => s.Zip(t, (inStudent, inTeacher) => new TapPair(inStudent, inTeacher)).ToArray())
            .Reverse()
            .MinBy(pairs => pairs.Sum(pair => Math.Abs(Math.Log2((double)student.Taps[pair.Student][1] / teacher.Taps[pair.Teacher][1]))))!;
    }

    /// <summary>The given pairs, or those of all stages.</summary>
    /// <param name="given">From the options; null for the default.</param>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <exception cref="MethodException">A network has no maps.</exception>
    public static IReadOnlyList<TapPair> Stages(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher) =>
        given ?? Stages(student, teacher);

    /// <summary>The given pairs, or those of all stages before each one's last activation.</summary>
    /// <inheritdoc cref="Stages(ValueList{TapPair}, NetworkShape, NetworkShape)"/>
    public static IReadOnlyList<TapPair> StagesBeforeActivation(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher) => given
        ?? (IReadOnlyList<TapPair>)
            [.. Stages(student, teacher).Select(p => new TapPair(p.Student + Network.PreActivation, p.Teacher + Network.PreActivation))];

    /// <summary>The given pairs, or the stem's maps and then those of all stages.</summary>
    /// <inheritdoc cref="Stages(ValueList{TapPair}, NetworkShape, NetworkShape)"/>
    public static IReadOnlyList<TapPair> StemAndStages(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher)
    {
        if (given is not null)
            return given;
        IReadOnlyList<TapPair> pairs = Stages(student, teacher);
        return student.Taps.ContainsKey(Stem) && teacher.Taps.ContainsKey(Stem) ? [new TapPair(Stem, Stem), .. pairs] : pairs;
    }

    /// <summary>The given pairs, or the maps of the last stage alone.</summary>
    /// <inheritdoc cref="Stages(ValueList{TapPair}, NetworkShape, NetworkShape)"/>
    public static IReadOnlyList<TapPair> LastStage(ValueList<TapPair>? given, NetworkShape student, NetworkShape teacher) =>
        given ?? (IReadOnlyList<TapPair>)[new TapPair(StagesOf(student)[^1], StagesOf(teacher)[^1])];

    /// <summary>The given pair, or the vectors before the classifiers.</summary>
    /// <param name="given">From the options; null for the default.</param>
    public static IReadOnlyList<TapPair> PooledVector(TapPair? given) => [given ?? new TapPair(Pooled, Pooled)];

    /// <summary>The maps of the last stage; null where the network gives no maps.</summary>
    public static string? LastMap(NetworkShape network) => Maps(network).LastOrDefault();

    /// <summary>All taps that a network lists, so without those before an activation, from the input to the output.</summary>
    public static IReadOnlyList<string> All(NetworkShape network) =>
        [.. network.Taps.Keys.Where(tap => tap != Network.BeforePooling && !tap.EndsWith(Network.PreActivation, StringComparison.Ordinal))];

    /// <summary>The stages' maps of a network, in order.</summary>
    /// <exception cref="MethodException">It has no maps.</exception>
    internal static string[] StagesOf(NetworkShape network)
    {
        string[] stages = [.. Maps(network).Where(tap => tap != Stem)];
        return stages.Length > 0
            ? stages
            : throw new MethodException(
                $"{network.Name} has no stage that gives maps [C, H, W], only "
                + $"{string.Join(", ", network.Taps.Select(tap => $"{tap.Key} [{string.Join(", ", tap.Value)}]"))}: name taps in the method's "
                + "options, or take a method that reads the logits or the pooled vector.");
    }

    private static IEnumerable<string> Maps(NetworkShape network) => All(network).Where(tap => network.Taps[tap].Length == 3);

    // Every so many stages in a row.
    private static IEnumerable<string[]> Rows(string[] stages, int count) =>
        Enumerable.Range(0, stages.Length - count + 1).Select(first => stages[first..(first + count)]);
}
