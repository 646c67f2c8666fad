using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Training.Stages;

/// <summary>Lets a module's frozen parameters train until it is disposed.</summary>
internal sealed class ReleasedParameters : IDisposable
{
    private readonly Tensor[] _frozen;

    public ReleasedParameters(Module module)
    {
        _frozen = [.. module.Parameters().Where(p => !p.RequiresGrad)];
        foreach (Tensor parameter in _frozen)
            parameter.RequiresGrad = true;
    }

    public void Dispose()
    {
        foreach (Tensor parameter in _frozen)
            (parameter.RequiresGrad, parameter.Grad) = (false, null);
    }
}
