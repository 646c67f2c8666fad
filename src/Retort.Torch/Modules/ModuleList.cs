using System.Collections;

namespace Retort.Torch.Modules;

/// <summary>Modules in a list, named "0", "1", ... as in PyTorch; what runs them is their holder.</summary>
/// <typeparam name="T">Type of the modules.</typeparam>
public sealed class ModuleList<T> : Module, IReadOnlyList<T>
    where T : Module
{
    private readonly List<T> _modules = [];

    /// <summary>Takes over modules.</summary>
    public ModuleList(params IReadOnlyList<T> modules)
    {
        foreach (T module in modules)
            Append(module);
    }

    /// <summary>Number of modules.</summary>
    public int Count => _modules.Count;

    /// <summary>A module by its place; borrowed.</summary>
    public T this[int index] => _modules[index];

    /// <summary>Takes over one more module.</summary>
    /// <returns>The module.</returns>
    public T Append(T module)
    {
        Add(_modules.Count.ToString(), module);
        _modules.Add(module);
        return module;
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _modules.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
