using Retort.Torch.Serialization;

namespace Retort.Torch.Modules;

/// <summary>
/// A part of a network: it owns parameters, buffers and child modules, by construction, under the names that PyTorch's state dict gives
/// them. Disposing a module frees all of it.
/// </summary>
public abstract class Module : IDisposable
{
    private readonly List<(string Name, Tensor Tensor, bool IsParameter)> _tensors = [];
    private readonly List<(string Name, Module Module)> _children = [];

    /// <summary>Whether batch statistics and dropout are in use; set by <see cref="Train"/> for the whole tree.</summary>
    public bool IsTraining { get; private set; } = true;

    /// <summary>Sets training (true) or evaluation (false) behaviour of this module and all below it.</summary>
    public void Train(bool on = true)
    {
        IsTraining = on;
        foreach ((_, Module child) in _children)
            child.Train(on);
    }

    /// <summary>Sets evaluation behaviour.</summary>
    public void Eval() => Train(on: false);

    /// <summary>Parameters with their dotted names, in the order of PyTorch's <c>named_parameters</c>. Borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> NamedParameters() => Named("", parameters: true, buffers: false);

    /// <summary>Buffers with their dotted names. Borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> NamedBuffers() => Named("", parameters: false, buffers: true);

    /// <summary>Parameters and buffers in the order of PyTorch's <c>state_dict</c>. Borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State() => Named("", parameters: true, buffers: true);

    /// <summary>The parameters alone. Borrowed.</summary>
    public IReadOnlyList<Tensor> Parameters() => [.. NamedParameters().Select(p => p.Value)];

    /// <summary>Every module of the tree with its dotted path; the root's path is empty.</summary>
    public IEnumerable<KeyValuePair<string, Module>> NamedModules() => Walk("");

    /// <summary>Freezes (false) or unfreezes all parameters.</summary>
    public void RequireGrad(bool on)
    {
        foreach (Tensor parameter in Parameters())
            parameter.RequiresGrad = on;
    }

    /// <summary>
    /// Overwrites parameters and buffers with the tensors of the same names, which are copied and converted to their types. Nothing is
    /// changed when a name or a shape does not fit.
    /// </summary>
    /// <exception cref="StateDictException">Names are missing or unexpected, or shapes differ; all of them are named.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state) => StateDict.Load(this, state);

    /// <summary>Brings all 4-dimensional parameters into a memory order, as <see cref="MemoryFormat.ChannelsLast"/> for fast convolutions.</summary>
    /// <returns>This module.</returns>
    public Module To(MemoryFormat format)
    {
        Replace(tensor => tensor.Rank == 4 ? tensor.To(format) : tensor.Share());
        return this;
    }

    /// <summary>Brings all parameters and buffers to a device.</summary>
    /// <returns>This module.</returns>
    public Module To(Device device)
    {
        Replace(tensor => tensor.To(device));
        return this;
    }

    /// <summary>Brings all floating-point parameters and buffers to an element type.</summary>
    /// <returns>This module.</returns>
    public Module To(DType type)
    {
        Replace(tensor => tensor.DType.IsFloatingPoint() ? tensor.To(type) : tensor.Share());
        return this;
    }

    /// <summary>Frees parameters, buffers and children.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees parameters, buffers and children; override to free more.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing)
    {
        foreach ((_, Module child) in _children)
            child.Dispose();
        foreach ((_, Tensor tensor, _) in _tensors)
            tensor.Dispose();
    }

    /// <summary>Makes a child part of this module.</summary>
    /// <returns>The child.</returns>
    protected T Add<T>(string name, T child)
        where T : Module
    {
        RequireNew(name);
        _children.Add((name, child));
        return child;
    }

    /// <summary>Makes a tensor a parameter of this module: owned by it, with a gradient.</summary>
    /// <returns>The same tensor.</returns>
    protected Tensor AddParameter(string name, Tensor tensor)
    {
        RequireNew(name);
        tensor.Persist().RequiresGrad = true;
        _tensors.Add((name, tensor, IsParameter: true));
        return tensor;
    }

    /// <summary>Makes a tensor a buffer of this module: owned by it, saved with it, without a gradient.</summary>
    /// <returns>The same tensor.</returns>
    protected Tensor AddBuffer(string name, Tensor tensor)
    {
        RequireNew(name);
        _tensors.Add((name, tensor.Persist(), IsParameter: false));
        return tensor;
    }

    private void RequireNew(string name)
    {
        if (name.Length == 0 || _tensors.Exists(t => t.Name == name) || _children.Exists(c => c.Name == name))
            throw new ArgumentException($"{GetType().Name} has a part named \"{name}\" already, or the name is empty.", nameof(name));
    }

    private IEnumerable<KeyValuePair<string, Module>> Walk(string path)
    {
        yield return new(path, this);
        foreach ((string name, Module child) in _children)
        {
            foreach (var below in child.Walk(path.Length == 0 ? name : $"{path}.{name}"))
                yield return below;
        }
    }

    private IEnumerable<KeyValuePair<string, Tensor>> Named(string prefix, bool parameters, bool buffers)
    {
        // PyTorch lists a module's own parameters, then its buffers, then its children.
        foreach ((string name, Tensor tensor, bool isParameter) in _tensors)
        {
            if (isParameter && parameters)
                yield return new(prefix + name, tensor);
        }

        foreach ((string name, Tensor tensor, bool isParameter) in _tensors)
        {
            if (!isParameter && buffers)
                yield return new(prefix + name, tensor);
        }

        foreach ((string name, Module child) in _children)
        {
            foreach (var below in child.Named($"{prefix}{name}.", parameters, buffers))
                yield return below;
        }
    }

    /// <summary>Exchanges what the tensors hold, keeping the Tensor objects, so that layers and optimisers see the change.</summary>
    private void Replace(Func<Tensor, Tensor> convert)
    {
        using var noGrad = GradMode.Disable();
        foreach (var (_, tensor) in State())
        {
            bool requiresGrad = tensor.RequiresGrad;
            using Tensor detached = tensor.Detach();
            using Tensor converted = convert(detached);
            tensor.Become(converted);
            tensor.RequiresGrad = requiresGrad;
        }
    }
}
