using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Torch;

/// <summary>
/// An operation whose derivative is written in C#. An instance is one application: fields set in <see cref="Forward"/> may be read in
/// <see cref="Backward"/>; tensors are handed over by <see cref="Save"/>, never by a field, so that libtorch can free them with the graph
/// and see in-place changes.
/// </summary>
public abstract unsafe class AutogradFunction
{
    private static Exception? _failure;
    private readonly List<Tensor> _saved = [];

    /// <summary>Computes the result from the inputs, unrecorded. The result must be a new tensor, not an input or a view of one.</summary>
    protected abstract Tensor Forward(IReadOnlyList<Tensor> inputs);

    /// <summary>Computes one gradient per input, null where none flows.</summary>
    /// <param name="saved">What <see cref="Save"/> stored, in that order.</param>
    /// <param name="outputGradient">Gradient of the result; may be expanded (stride 0).</param>
    protected abstract IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient);

    /// <summary>Stores inputs or the result for <see cref="Backward"/>; called in <see cref="Forward"/>.</summary>
    protected void Save(params ReadOnlySpan<Tensor> tensors) => _saved.AddRange(tensors);

    /// <summary>Runs the function once and records it where an input requires a gradient.</summary>
    public Tensor Apply(params IReadOnlyList<Tensor> inputs)
    {
        Tensor output;
        using (GradMode.Disable())
            output = Forward(inputs);
        if (!GradMode.IsEnabled || !inputs.Any(i => i.RequiresGrad))
        {
            _saved.Clear();
            return output;
        }

        nint[] inputHandles = Tensor.Handles(inputs), savedHandles = Tensor.Handles(_saved);
        byte[] savedIsOutput = [.. _saved.Select(t => t.Is(output) ? (byte)1 : (byte)0)];
        nint outputHandle = output.Handle;
        nint state = GCHandle.ToIntPtr(GCHandle.Alloc(this));
        fixed (nint* inputsPointer = inputHandles, savedPointer = savedHandles)
        fixed (byte* isOutputPointer = savedIsOutput)
        {
            Bridge.Check(Bridge.retort_function_attach(
                inputsPointer, inputHandles.Length, &outputHandle, 1, savedPointer, isOutputPointer, savedHandles.Length,
                state, &OnBackward, &OnRelease));
        }

        GC.KeepAlive(inputs);
        GC.KeepAlive(output);
        _saved.Clear();
        return output;
    }

    /// <summary>What the last callback threw; the engine may have run it on a thread of its own.</summary>
    internal static Exception? TakeFailure() => Interlocked.Exchange(ref _failure, null);

    [UnmanagedCallersOnly]
    private static int OnBackward(
        nint state, nint* saved, int savedCount, nint* outputGradients, int outputCount, nint* inputGradients, int inputCount)
    {
        try
        {
            var function = (AutogradFunction)GCHandle.FromIntPtr(state).Target!;
            if (outputGradients[0] == 0)
                return 0;
            using var scope = new TensorScope();
            Tensor[] savedTensors = new Tensor[savedCount];
            for (int i = 0; i < savedCount; i++)
                savedTensors[i] = Borrow(saved[i]);
            IReadOnlyList<Tensor?> gradients = function.Backward(savedTensors, Borrow(outputGradients[0]));
            if (gradients.Count != inputCount)
            {
                throw new InvalidOperationException(
                    $"{function.GetType().Name}.Backward gave {gradients.Count} gradients for {inputCount} inputs.");
            }

            for (int i = 0; i < inputCount; i++)
            {
                if (gradients[i] is { IsDefined: true } gradient)
                    Bridge.Check(Bridge.retort_tensor_retain(gradient.Handle, &inputGradients[i]));
            }

            return 0;
        }
#pragma warning disable CA1031 // nothing managed may leave a native callback: the failure surfaces from the backward call
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = e;
            Bridge.retort_callback_error(e.Message);
            return 1;
        }
    }

    [UnmanagedCallersOnly]
    private static void OnRelease(nint state) => GCHandle.FromIntPtr(state).Free();

    private static Tensor Borrow(nint handle)
    {
        nint same;
        Bridge.Check(Bridge.retort_tensor_retain(handle, &same));
        return new Tensor(same);
    }
}
