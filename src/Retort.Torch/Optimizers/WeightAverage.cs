using Retort.Torch.Modules;
using Retort.Torch.Serialization;

namespace Retort.Torch.Optimizers;

/// <summary>
/// Exponential moving average of a module's parameters and running statistics: a ← decay·a + (1 − decay)·w after each step, as timm has
/// it. Buffers of whole numbers are copied. The average starts as the module is.
/// </summary>
public sealed class WeightAverage : IDisposable
{
    private const string UpdatesName = "updates";
    private readonly List<Tensor> _source = [], _average = [], _copiedSource = [], _copies = [];
    private readonly List<string> _names = [], _copiedNames = [];
    private readonly double _decay;
    private readonly bool _warmUp;

    /// <summary>Starts an average.</summary>
    /// <param name="module">Borrowed; its device, element type and memory order are settled.</param>
    /// <param name="decay">In [0, 1).</param>
    /// <param name="warmUp">Whether the decay is min(decay, (1 + n) / (10 + n)) in update n (from 1), so that the start is forgotten sooner.</param>
    public WeightAverage(Module module, double decay = 0.9999, bool warmUp = false)
    {
        if (decay is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "Must lie in [0, 1).");
        (_decay, _warmUp) = (decay, warmUp);
        using var noGrad = GradMode.Disable();
        foreach ((string name, Tensor tensor) in module.NamedParameters().Concat(module.NamedBuffers()))
        {
            bool isAveraged = tensor.DType.IsFloatingPoint();
            (isAveraged ? _names : _copiedNames).Add(name);
            (isAveraged ? _source : _copiedSource).Add(tensor);
            (isAveraged ? _average : _copies).Add(tensor.Clone().Persist());
        }
    }

    /// <summary>Number of calls of <see cref="Update"/> so far.</summary>
    public long Updates { get; private set; }

    /// <summary>Moves the average towards the module's weights; after each optimiser step.</summary>
    public void Update()
    {
        using var noGrad = GradMode.Disable();
        Updates++;
        double decay = _warmUp ? Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates)) : _decay;
        Aten.ForeachMul_(_average, decay);
        Aten.ForeachAdd_(_average, _source, alpha: 1 - decay);
        for (int i = 0; i < _copiedSource.Count; i++)
            _copies[i].Copy_(_copiedSource[i]);
    }

    /// <summary>Exchanges the module's weights and the average, for an evaluation; a second call undoes it. No update in between.</summary>
    public void Swap()
    {
        using var noGrad = GradMode.Disable();
        Swap(_source, _average);
        Swap(_copiedSource, _copies);
    }

    /// <summary>Overwrites the parameters and buffers of a module of the same kind with the average.</summary>
    /// <exception cref="StateDictException">The module has other names or shapes.</exception>
    public void ApplyTo(Module target) => target.LoadState(Averages());

    /// <summary>The average under the module's names, and "updates" (int64), for a checkpoint.</summary>
    /// <returns>New handles to the same memory, owned by the current scope or the caller.</returns>
    public IReadOnlyDictionary<string, Tensor> State()
    {
        var state = new Dictionary<string, Tensor> { [UpdatesName] = Tensor.FromValue(Updates) };
        foreach ((string name, Tensor tensor) in Averages())
            state[name] = tensor.Share();
        return state;
    }

    /// <summary>Continues from what <see cref="State"/> gave.</summary>
    /// <exception cref="StateDictException">Names are missing or unexpected, or shapes differ.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        Dictionary<string, Tensor> own = Averages();
        using Tensor updates = Tensor.FromValue(Updates);
        own[UpdatesName] = updates;
        StateDict.Load(nameof(WeightAverage), own, state);
        Updates = updates.Item<long>();
    }

    /// <summary>Frees the average.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in _average.Concat(_copies))
            tensor.Dispose();
    }

    private static void Swap(List<Tensor> one, List<Tensor> other)
    {
        for (int i = 0; i < one.Count; i++)
        {
            using Tensor held = one[i].Clone();
            one[i].Copy_(other[i]);
            other[i].Copy_(held);
        }
    }

    private Dictionary<string, Tensor> Averages()
    {
        var averages = new Dictionary<string, Tensor>();
        for (int i = 0; i < _names.Count; i++)
            averages[_names[i]] = _average[i];
        for (int i = 0; i < _copiedNames.Count; i++)
            averages[_copiedNames[i]] = _copies[i];
        return averages;
    }
}
