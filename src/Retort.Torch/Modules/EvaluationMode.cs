namespace Retort.Torch.Modules;

/// <summary>Evaluation behaviour of a module and all below it, until it is disposed: then each is as it was, also where they differed.</summary>
public sealed class EvaluationMode : IDisposable
{
    private readonly (Module Module, bool IsTraining)[] _before;

    private EvaluationMode(Module module)
    {
        _before = [.. module.NamedModules().Select(entry => (entry.Value, entry.Value.IsTraining))];
        module.Eval();
    }

    /// <summary>Sets evaluation behaviour.</summary>
    /// <param name="module">Borrowed; it must live as long as the result.</param>
    public static EvaluationMode Enter(Module module) => new(module);

    /// <summary>Sets what was before.</summary>
    public void Dispose()
    {
        // Modules stand before those below them, so that what a module passes down is set right after it.
        foreach ((Module module, bool wasTraining) in _before)
            module.Train(wasTraining);
    }
}
