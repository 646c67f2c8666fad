using Retort.Torch.Networks;

namespace Retort.Distillation;

/// <summary>
/// The pairs of taps that feature methods compare unless told otherwise. Stages are matched in order, the first with the first, as in
/// RepDistiller; where one network has more of them, its last ones stay unmatched.
/// </summary>
internal static class MatchedTaps
{
    private const string Stem = "stem";

    /// <summary>The vector before the classifier.</summary>
    public const string Pooled = "pooled";

    /// <summary>The outputs of the stages, without the stem.</summary>
    /// <exception cref="MethodException">A network has no stage with feature maps.</exception>
    public static IReadOnlyList<TapPair> Stages(NetworkShape student, NetworkShape teacher) =>
        [.. StagesOf(student).Zip(StagesOf(teacher), (s, t) => new TapPair(s, t))];

    /// <summary>The same before each stage's last activation.</summary>
    /// <exception cref="MethodException">A network has no stage with feature maps.</exception>
    public static IReadOnlyList<TapPair> StagesBeforeActivation(NetworkShape student, NetworkShape teacher) =>
        [.. Stages(student, teacher).Select(p => new TapPair(p.Student + Network.PreActivation, p.Teacher + Network.PreActivation))];

    /// <summary>The output of the last stage; null where the network gives no feature maps.</summary>
    public static string? LastMap(NetworkShape network) => Maps(network).LastOrDefault();

    /// <summary>All taps but those before an activation, from the input to the output.</summary>
    public static IReadOnlyList<string> All(NetworkShape network) =>
        [.. network.Taps.Keys.Where(tap => !tap.EndsWith(Network.PreActivation, StringComparison.Ordinal))];

    private static IReadOnlyList<string> StagesOf(NetworkShape network)
    {
        string[] stages = [.. Maps(network).Where(tap => tap != Stem)];
        return stages.Length > 0
            ? stages
            : throw new MethodException(
                $"{network.Name} has no feature maps [C, H, W] of stages among its taps {string.Join(", ", network.Taps.Keys)}: choose another "
                + "network, or a method that compares logits or vectors.");
    }

    private static IEnumerable<string> Maps(NetworkShape network) => All(network).Where(tap => network.Taps[tap].Length == 3);
}
