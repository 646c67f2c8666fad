using Retort.Torch.Native;

namespace Retort.Torch;

/// <content>Gradients.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>Whether operations on this tensor are recorded. Only leaves may be changed.</summary>
    public bool RequiresGrad
    {
        get => Info().RequiresGrad != 0;
        set
        {
            Bridge.Check(Bridge.retort_tensor_set_requires_grad(Handle, value ? 1 : 0));
            GC.KeepAlive(this);
        }
    }

    /// <summary>Whether the tensor is not the result of a recorded operation.</summary>
    public bool IsLeaf => Info().IsLeaf != 0;

    /// <summary>
    /// The accumulated gradient. Reading gives a new handle to the same memory, owned by the scope or the caller, or null where there is
    /// none; null clears it.
    /// </summary>
    public Tensor? Grad
    {
        get
        {
            nint grad;
            Bridge.Check(Bridge.retort_tensor_grad_get(Handle, &grad));
            GC.KeepAlive(this);
            return grad == 0 ? null : new Tensor(grad);
        }

        set
        {
            Bridge.Check(Bridge.retort_tensor_grad_set(Handle, value?.Handle ?? 0));
            GC.KeepAlive(value);
            GC.KeepAlive(this);
        }
    }

    /// <summary>Adds the gradient of this scalar to <see cref="Grad"/> of every leaf it depends on.</summary>
    /// <exception cref="TorchException">The tensor is no scalar, has no history, or its graph was freed by an earlier call.</exception>
    public void Backward(bool retainGraph = false, bool createGraph = false) =>
        Gradients.Backward([this], retainGraph: retainGraph, createGraph: createGraph);
}
