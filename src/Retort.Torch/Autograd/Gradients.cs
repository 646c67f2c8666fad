using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>Backward passes over several tensors.</summary>
public static unsafe class Gradients
{
    /// <summary>Accumulates into the <see cref="Tensor.Grad"/> of every leaf, or of <paramref name="inputs"/> alone where given.</summary>
    /// <param name="outputs">What is differentiated.</param>
    /// <param name="outputGradients">One per output, null for a scalar's 1; null altogether when all are scalars.</param>
    /// <param name="retainGraph">Keeps the graph for another pass.</param>
    /// <param name="createGraph">Records the pass itself, for second derivatives; keeps the graph too.</param>
    /// <param name="inputs">Leaves that get a gradient; null: all.</param>
    public static void Backward(
        IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor?>? outputGradients = null, bool retainGraph = false,
        bool createGraph = false, IReadOnlyList<Tensor>? inputs = null)
    {
        RequireOnePerOutput(outputs, outputGradients);
        nint[] roots = Tensor.Handles(outputs), into = Tensor.Handles(inputs ?? []);
        nint[]? seeds = outputGradients is null ? null : Tensor.Handles(outputGradients);
        fixed (nint* rootsPointer = roots, seedsPointer = seeds, intoPointer = into)
        {
            Bridge.Check(Bridge.retort_backward(
                rootsPointer, seedsPointer, roots.Length, retainGraph || createGraph ? 1 : 0, createGraph ? 1 : 0, intoPointer, into.Length));
        }

        GC.KeepAlive(outputs);
        GC.KeepAlive(outputGradients);
        GC.KeepAlive(inputs);
    }

    /// <summary>Gradients with respect to <paramref name="inputs"/>, without touching any <see cref="Tensor.Grad"/>.</summary>
    /// <param name="outputs">What is differentiated.</param>
    /// <param name="inputs">With respect to what.</param>
    /// <param name="outputGradients">As in <see cref="Backward"/>.</param>
    /// <param name="retainGraph">Keeps the graph for another pass.</param>
    /// <param name="createGraph">Records the pass itself, for second derivatives; keeps the graph too.</param>
    /// <param name="allowUnused">Gives null for an input that the outputs do not depend on, instead of an error.</param>
    /// <returns>One per input, owned by the scope or the caller.</returns>
    public static Tensor?[] Of(
        IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor?>? outputGradients = null,
        bool retainGraph = false, bool createGraph = false, bool allowUnused = false)
    {
        RequireOnePerOutput(outputs, outputGradients);
        nint[] roots = Tensor.Handles(outputs), wanted = Tensor.Handles(inputs), results = new nint[inputs.Count];
        nint[]? seeds = outputGradients is null ? null : Tensor.Handles(outputGradients);
        fixed (nint* rootsPointer = roots, seedsPointer = seeds, wantedPointer = wanted, resultsPointer = results)
        {
            Bridge.Check(Bridge.retort_grad(
                rootsPointer, seedsPointer, roots.Length, wantedPointer, wanted.Length, retainGraph || createGraph ? 1 : 0,
                createGraph ? 1 : 0, allowUnused ? 1 : 0, resultsPointer));
        }

        GC.KeepAlive(outputs);
        GC.KeepAlive(outputGradients);
        GC.KeepAlive(inputs);
        return Array.ConvertAll(results, handle => handle == 0 ? null : new Tensor(handle));
    }

    private static void RequireOnePerOutput(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor?>? outputGradients)
    {
        if (outputGradients is not null && outputGradients.Count != outputs.Count)
            throw new ArgumentException($"{outputGradients.Count} output gradients for {outputs.Count} outputs.", nameof(outputGradients));
    }
}
