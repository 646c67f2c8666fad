using System.Globalization;
using Retort.Torch.Serialization;

namespace Retort.Torch.Optimizers;

/// <summary>Finds where the entries of a saved optimiser state belong, or names all that fit nowhere.</summary>
internal static class OptimizerState
{
    public static List<Entry> Match(
        string optimizer, IReadOnlyDictionary<string, Tensor> state, IReadOnlyList<ParameterGroup> groups,
        IReadOnlyDictionary<string, OptimizerSlot> slots)
    {
        List<Tensor> parameters = [.. groups.SelectMany(g => g.Parameters)];
        List<Entry> entries = [];
        List<string> unexpected = [], misshapen = [];
        foreach ((string name, Tensor saved) in state)
        {
            string[] parts = name.Split('.');
            bool numbered = parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
            int index = numbered ? int.Parse(parts[1], CultureInfo.InvariantCulture) : -1;
            Tensor? parameter = numbered && parts[0] == "state" && index < parameters.Count ? parameters[index] : null;
            OptimizerSlot? slot = parameter is null ? null : slots.GetValueOrDefault(parts[2]);
            bool isStep = parameter is not null && parts[2] == "step";
            bool isRate = numbered && parts[0] == "groups" && index < groups.Count && parts[2] == "lr";
            if (slot is null && !isStep && !isRate)
                unexpected.Add(name);
            else if (slot is not null && !saved.Shape.AsSpan().SequenceEqual(parameter!.Shape))
                misshapen.Add($"{name} is [{string.Join(", ", saved.Shape)}], must be [{string.Join(", ", parameter.Shape)}]");
            else if (slot is null && (saved.Count != 1 || saved.DType != (isStep ? DType.Int64 : DType.Float64)))
                misshapen.Add($"{name} is {saved.Describe()}, must be one {(isStep ? DType.Int64 : DType.Float64)}");
            else
                entries.Add(new Entry(index, saved, slot, parameter));
        }

        List<string> missing = [.. Enumerable.Range(0, groups.Count).Select(g => $"groups.{g}.lr").Where(n => !state.ContainsKey(n))];
        if (missing.Count + unexpected.Count + misshapen.Count > 0)
        {
            throw new StateDictException(
                $"The saved state is not one of {optimizer} with {parameters.Count} parameters in {groups.Count} groups: "
                + $"{string.Join("; ", Part("missing", missing), Part("unexpected", unexpected), Part("wrong", misshapen))}. "
                + "Continue with the optimiser and the network that were saved.",
                missing, unexpected, misshapen);
        }

        return entries;
    }

    private static string Part(string what, List<string> names)
    {
        const int most = 3;
        return names.Count == 0
            ? $"nothing {what}"
            : $"{what} {string.Join(", ", names.Take(most))}{(names.Count > most ? $" and {names.Count - most} more" : "")}";
    }

    /// <summary>A saved value: of a slot; of a parameter's step count, where there is no slot; of a group's learning rate, where there is no parameter.</summary>
    internal readonly record struct Entry(int Index, Tensor Saved, OptimizerSlot? Slot, Tensor? Parameter);
}
