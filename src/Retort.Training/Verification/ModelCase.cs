using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Training.Verification;

/// <summary>A golden case of a network: names and shapes of its state, logits, features, running statistics.</summary>
internal static class ModelCase
{
    public const string Kind = "model";

    private const string Logits = "logits", Features = "features.", PreActivations = "preact.", State = "state.", Tolerance = "output";

    // What the network gives once it is made fast, as a teacher runs.
    private const string Optimised = "optimised.";

    public static string Describe(CaseDescription description) =>
        $"{description.Text("model")}, {description.TextOr("mode", "eval")}";

    public static IReadOnlyList<Check> Run(GoldenCase @case, ModelRegistry models)
    {
        CaseDescription description = @case.Description;
        bool training = description.IsTraining("eval");
        using Network network = CaseNetwork.Create(@case, models, description.Text("model"), "param.");
        network.Train(training);

        IReadOnlyList<string> taps = description.Texts("taps") ?? [];
        IReadOnlyList<string> expected = @case.NamesAfter(GoldenCase.Expectation);
        IReadOnlyList<long[]>? shapes = description.Shapes("feature_shapes");
        HashSet<string> wanted = shapes is null ? [] : [.. taps.Where(network.HasTap)];
        foreach (string name in expected)
        {
            if (TapOf(name, taps) is { } tap && network.HasTap(tap))
                wanted.Add(tap);
        }

        using var noGrad = GradMode.Disable();
        Tensor input = @case.Load("input");
        NetworkOutput output = network.Forward(input, wanted);
        Dictionary<string, Tensor> state = network.State().ToDictionary(entry => entry.Key, entry => entry.Value);
        List<Check> checks = [];
        foreach (string name in expected.OrderBy(name => name != Logits)) // the logits are the main figure
            checks.Add(Compare(@case, name, taps, output, state));
        if (!training)
        {
            network.To(MemoryFormat.ChannelsLast);
            using InferenceNetwork? fast = InferenceNetwork.TryMake(network, wanted, (int)input.Size(2), (int)input.Size(3), Device.Cpu, DType.Float32);
            NetworkOutput? again = fast?.Forward(input.To(MemoryFormat.ChannelsLast));
            foreach (string name in again is null ? [] : expected.Where(name => !name.StartsWith(State, StringComparison.Ordinal)))
                checks.Add(Compare(@case, name, taps, again!, state) with { Name = Optimised + name });
        }

        Require(checks, "names", description.Texts("names"), [.. state.Keys], name => name);
        Require(checks, "shapes", description.Shapes("shapes"), [.. state.Values.Select(t => t.Shape)], shape => $"[{string.Join(", ", shape)}]");
        Require(
            checks, "feature_shapes", shapes,
            [.. taps.Select(tap => output.Taps.TryGetValue(tap, out Tensor? feature) ? feature.Shape : [])],
            shape => $"[{string.Join(", ", shape)}]");
        return checks;
    }

    /// <summary>The tap that an expected tensor belongs to; null where it is no feature's.</summary>
    private static string? TapOf(string name, IReadOnlyList<string> taps)
    {
        string prefix = name.StartsWith(Features, StringComparison.Ordinal) ? Features : PreActivations;
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        string number = name[prefix.Length..];
        if (number.EndsWith(FeatureDigest.Suffix, StringComparison.Ordinal))
            number = number[..^FeatureDigest.Suffix.Length];
        if (!int.TryParse(number, out int index) || index < 0 || index >= taps.Count)
            return null;
        return prefix == Features ? taps[index] : taps[index] + Network.PreActivation;
    }

    private static Check Compare(
        GoldenCase @case, string name, IReadOnlyList<string> taps, NetworkOutput output, Dictionary<string, Tensor> state)
    {
        if (name == Logits)
            return @case.Compare(name, output.Logits, Tolerance);
        if (name.StartsWith(State, StringComparison.Ordinal))
        {
            return state.TryGetValue(name[State.Length..], out Tensor? entry)
                ? @case.Compare(name, entry, Tolerance)
                : Check.Wrong(name, "the network has no such entry in its state");
        }

        if (TapOf(name, taps) is not { } tap)
            throw new UnknownInCaseException("output", name, ["logits", "features.K", "preact.K", "state.NAME"]);
        if (!output.Taps.TryGetValue(tap, out Tensor? feature))
            return Check.Wrong(name, $"the network has no tap \"{tap}\"");
        if (!name.EndsWith(FeatureDigest.Suffix, StringComparison.Ordinal))
            return @case.Compare(name, feature, Tolerance);
        using Tensor digest = FeatureDigest.Of(feature);
        return @case.Compare(name, digest, Tolerance);
    }

    /// <summary>Adds a fault where lists differ, with the first difference.</summary>
    private static void Require<T>(List<Check> checks, string name, IReadOnlyList<T>? expected, IReadOnlyList<T> ours, Func<T, string> text)
    {
        if (expected is null)
            return;
        for (int i = 0; i < Math.Max(expected.Count, ours.Count); i++)
        {
            string have = i < ours.Count ? text(ours[i]) : "missing", want = i < expected.Count ? text(expected[i]) : "absent";
            if (have != want)
            {
                checks.Add(Check.Wrong(name, $"number {i} is {have}, must be {want}"));
                return;
            }
        }
    }
}
