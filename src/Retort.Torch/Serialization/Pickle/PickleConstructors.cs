namespace Retort.Torch.Serialization;

/// <summary>Counterparts of the few Python classes and functions that state dicts are made of.</summary>
internal sealed class PickleConstructors(CheckpointSource source, PickleBudget budget)
{
    private const int PairBytes = 40;

    /// <summary>What a class or function makes of its arguments; a placeholder for all that are not known.</summary>
    public object? Make(PickledObject callable, object?[] arguments)
    {
        // The result of a call is not what was named, so it cannot be called as that.
        if (!callable.IsGlobal)
            return new PickledObject(callable.Name);
        return callable.Name switch
        {
            "collections.OrderedDict" => (object?)Dictionary(arguments is [] ? null : arguments[0]) ?? new PickledObject(callable.Name),
            "collections.defaultdict" => new PickledDictionary(),
            "builtins.dict" or "__builtin__.dict" when arguments is [] => new PickledDictionary(),
            "builtins.set" or "__builtin__.set" or "builtins.frozenset" or "__builtin__.frozenset"
                when arguments is [List<object?> items] => Counted(items, Set),
            "torch.Size" when arguments is [object?[] sizes] => sizes,
            "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor" => RebuildTensor(callable, arguments),
            "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter"
                when arguments is [PickledTensor or PickledObject, ..] => arguments[0],
            "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" => RebuildFromType(callable, arguments),
            _ => new PickledObject(callable.Name),
        };
    }

    public static PickledSet Set(IReadOnlyList<object?> items)
    {
        var set = new PickledSet();
        set.Add(items);
        return set;
    }

    private T Counted<T>(List<object?> items, Func<List<object?>, T> make)
    {
        budget.Allocate(items.Count * (long)PairBytes); // a copy, though the file may hold the list once
        return make(items);
    }

    /// <summary>Python 2 gives an OrderedDict its entries as a list of pairs.</summary>
    private PickledDictionary? Dictionary(object? pairs)
    {
        var dictionary = new PickledDictionary();
        if (pairs is null)
            return dictionary;
        if (pairs is not List<object?> list)
            return null;
        budget.Allocate(list.Count * (long)PairBytes);
        foreach (object? pair in list)
        {
            (object? key, object? value) = pair switch
            {
                List<object?> and [var k, var v] => (k, v),
                object?[] and [var k, var v] => (k, v),
                _ => throw Malformed("an OrderedDict from something else than pairs"),
            };
            dictionary.Set(key, value);
        }

        return dictionary;
    }

    /// <summary>A tensor of a class: plain when the class is one of PyTorch's own two.</summary>
    private object? RebuildFromType(PickledObject callable, object?[] arguments)
    {
        if (arguments is [PickledObject { IsGlobal: true } function, PickledObject { IsGlobal: true } type, object?[] inner, ..]
            && type.Name is "torch.Tensor" or "torch.nn.parameter.Parameter")
        {
            return function.Name is "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_tensor"
                ? RebuildTensor(function, inner) : new PickledObject(function.Name);
        }

        return new PickledObject(arguments is [_, PickledObject named, ..] ? named.Name : callable.Name);
    }

    private object RebuildTensor(PickledObject callable, object?[] arguments)
    {
        if (arguments is [PickledObject unknown, ..])
            return new PickledObject(unknown.Name) { IsTensor = true };
        if (arguments is not [PickledStorage storage, long offset, object?[] size, object?[] stride, ..])
            throw Malformed($"{callable.Name} from something else than a storage, an offset, sizes and strides");
        if (size.Length != stride.Length || size.Length > SavedShape.MostDimensions)
            throw Malformed($"a tensor with {size.Length} sizes and {stride.Length} strides");
        budget.Allocate(100 + (size.Length * 16L));
        return PickledTensor.Checked(source, storage, offset, Numbers(size), Numbers(stride));
    }

    private long[] Numbers(object?[] values)
    {
        long[] numbers = new long[values.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = values[i] is long number ? number : throw Malformed("a tensor with sizes or strides that are no integers");
        return numbers;
    }

    private CheckpointException Malformed(string what) =>
        source.Fault($"its pickle makes {what}; the file is damaged: copy it again.");
}
