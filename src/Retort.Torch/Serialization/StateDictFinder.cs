namespace Retort.Torch.Serialization;

/// <summary>Finds the state dict in what torch.save saved: at the top, under a key that people use, or under the only one that holds one.</summary>
internal sealed class StateDictFinder(CheckpointSource source)
{
    private const int Deepest = 4;
    private const int MostNamed = 12;

    // In this order: the trained weights before averages of them, a student before its teacher.
    private static readonly string[] KnownKeys =
    [
        "state_dict", "model_state_dict", "model", "net", "network", "student", "module", "weights", "params",
        "model_ema", "state_dict_ema", "ema_state_dict", "ema", "shadow", "teacher",
    ];

    private readonly HashSet<PickledDictionary> _seen = [];
    private PickledObject? _refused;

    /// <summary>The state dict and its key; null: it is the whole.</summary>
    public (PickledDictionary State, string? Key) Find(object? root, string? key)
    {
        if (root is not PickledDictionary top)
            throw source.Fault(What(root));
        if (key is not null)
            return (Named(top, key), key);
        return Search(top, depth: 0) switch
        {
            ({ } state, []) => (state, null),
            ({ } state, var path) => (state, string.Join('.', path)),
            _ => throw source.Fault(
                _refused is { } refused
                    ? What(refused)
                    : $"it holds no state dict; its keys are {List(top.Named.Keys)}: save model.state_dict()."),
        };
    }

    private static bool IsState(PickledDictionary dictionary) => dictionary.Named.Values.Any(v => v is PickledTensor or PickledObject { IsTensor: true });

    private (PickledDictionary? State, string[] Path) Search(PickledDictionary dictionary, int depth)
    {
        // A file may hold one dict in many places, itself included.
        if (depth > Deepest || !_seen.Add(dictionary))
            return (null, []);
        foreach (string key in KnownKeys)
        {
            if (dictionary[key] is PickledObject instance)
                _refused ??= instance;
            if (dictionary[key] is PickledDictionary inner && Search(inner, depth + 1) is ({ } state, var path))
                return (state, [key, .. path]);
        }

        if (IsState(dictionary))
            return (dictionary, []);
        List<(string Key, PickledDictionary State, string[] Path)> found = [];
        foreach (var (key, value) in dictionary.Named)
        {
            if (value is PickledDictionary inner && Search(inner, depth + 1) is ({ } state, var path))
                found.Add((key, state, path));
        }

        return found switch
        {
            [] => (null, []),
            [var (key, state, path)] => (state, [key, .. path]),
            _ => throw source.Fault($"it holds state dicts under {List(found.Select(f => f.Key))}; say which by its key."),
        };
    }

    private PickledDictionary Named(PickledDictionary top, string key)
    {
        object? value = top;
        if (!top.Named.TryGetValue(key, out object? direct))
        {
            foreach (string part in key.Split('.'))
                value = (value as PickledDictionary)?[part];
        }
        else
        {
            value = direct;
        }

        return value switch
        {
            PickledDictionary state when IsState(state) => state,
            null => throw source.Fault($"it has no key \"{key}\"; its keys are {List(top.Named.Keys)}."),
            PickledObject refused => throw source.Fault(What(refused)),
            _ => throw source.Fault($"its key \"{key}\" holds no state dict; its keys are {List(top.Named.Keys)}."),
        };
    }

    private static string What(object? root) => root switch
    {
        PickledObject instance =>
            $"it holds a whole object of the Python class {instance.Name}, which only that class's code could rebuild; save model.state_dict() instead.",
        PickledTensor => "it holds a single tensor, not a state dict; save model.state_dict().",
        _ => "it holds no dict, so no state dict; save model.state_dict().",
    };

    private static string List(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string text = string.Join(", ", all.Take(MostNamed).Select(n => $"\"{(n.Length > 60 ? n[..60] + "…" : n)}\""));
        return all.Length switch
        {
            0 => "none",
            > MostNamed => $"{text} and {all.Length - MostNamed} more",
            _ => text,
        };
    }
}
