using Retort.Torch.Modules;

namespace Retort.Torch.Serialization;

/// <summary>Saved tensors by name, and how they enter a module.</summary>
internal static class StateDict
{
    private const int MostNamed = 5;

    public static void Load(Module module, IReadOnlyDictionary<string, Tensor> state) =>
        Load(module.GetType().Name, module.State().ToDictionary(p => p.Key, p => p.Value), state);

    /// <summary>Overwrites the tensors of <paramref name="owner"/> with the saved ones, or changes nothing and names all that does not fit.</summary>
    public static void Load(string owner, IReadOnlyDictionary<string, Tensor> own, IReadOnlyDictionary<string, Tensor> state)
    {
        var comparison = new StateDictComparison(StateDictComparison.ShapesOf(own), StateDictComparison.ShapesOf(state));
        if (!comparison.Fits)
        {
            List<string> misshapen =
            [
                .. comparison.Misshapen.Select(name => $"{name} is [{string.Join(", ", state[name].Shape)}], must be [{string.Join(", ", own[name].Shape)}]"),
            ];
            string text = string.Join("; ", ((string[])
            [
                Part("missing", comparison.Missing, name => comparison.NearTo(name) is [var near, ..] ? $"{name} (there is {near})" : name),
                Part("unexpected", comparison.Unexpected), Part("wrong shape", misshapen),
            ]).Where(p => p.Length > 0));
            throw new StateDictException(
                $"The saved tensors do not fit {owner}: {text}. Check that it is the same model with the same number of classes.",
                comparison.Missing, comparison.Unexpected, misshapen);
        }

        using var noGrad = GradMode.Disable();
        foreach ((string name, Tensor tensor) in own)
        {
            if (state.TryGetValue(name, out Tensor? saved))
                tensor.Copy_(saved);
        }
    }

    private static string Part(string what, IReadOnlyList<string> names, Func<string, string>? describe = null)
    {
        if (names.Count == 0)
            return "";
        string more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "";
        return $"{what}: {string.Join(", ", names.Take(MostNamed).Select(describe ?? (name => name)))}{more}";
    }
}
