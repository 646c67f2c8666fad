using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Training.DryRuns;

/// <summary>Keeps what modules hold, and the state of the random numbers, and brings all of it back when it is disposed.</summary>
internal sealed class KeptState : IDisposable
{
    private readonly List<(Tensor Tensor, Tensor Copy)> _tensors = [];
    private readonly Tensor _random;

    public KeptState(IEnumerable<Module> modules)
    {
        using var noGrad = GradMode.Disable();
        foreach ((_, Tensor tensor) in modules.SelectMany(module => module.State()))
            _tensors.Add((tensor, tensor.Clone().Persist()));
        _random = Generator.Default.GetState().Persist();
    }

    public void Dispose()
    {
        using var noGrad = GradMode.Disable();
        foreach ((Tensor tensor, Tensor copy) in _tensors)
        {
            tensor.Copy_(copy);
            copy.Dispose();
        }

        Generator.Default.SetState(_random);
        _random.Dispose();
    }
}
