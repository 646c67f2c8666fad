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
        List<string> missing = [.. own.Keys.Where(name => !state.ContainsKey(name))];
        List<string> unexpected = [.. state.Keys.Where(name => !own.ContainsKey(name))];
        List<string> misshapen = [];
        foreach ((string name, Tensor tensor) in own)
        {
            if (state.TryGetValue(name, out Tensor? saved) && !saved.Shape.AsSpan().SequenceEqual(tensor.Shape))
                misshapen.Add($"{name} is [{string.Join(", ", saved.Shape)}], must be [{string.Join(", ", tensor.Shape)}]");
        }

        if (missing.Count + unexpected.Count + misshapen.Count > 0)
        {
            string text = string.Join("; ", ((string[])
            [
                Part("missing", missing), Part("unexpected", unexpected), Part("wrong shape", misshapen),
            ]).Where(p => p.Length > 0));
            throw new StateDictException(
                $"The saved tensors do not fit {owner}: {text}. Check that it is the same model with the same number of classes.",
                missing, unexpected, misshapen);
        }

        using var noGrad = GradMode.Disable();
        foreach ((string name, Tensor tensor) in own)
            tensor.Copy_(state[name]);
    }

    private static string Part(string what, List<string> names)
    {
        if (names.Count == 0)
            return "";
        string more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "";
        return $"{what}: {string.Join(", ", names.Take(MostNamed))}{more}";
    }
}
