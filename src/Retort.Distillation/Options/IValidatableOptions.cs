namespace Retort.Distillation.Options;

/// <summary>Options whose properties must fit each other. Asked only when each property by itself is right.</summary>
public interface IValidatableOptions
{
    /// <summary>Everything that does not fit; nothing when all is well.</summary>
    IEnumerable<OptionProblem> Validate();
}
