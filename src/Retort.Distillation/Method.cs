using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation;

/// <summary>
/// A distillation method: a term of the student's loss. It is made from its options, chooses the taps it compares, is bound once to their
/// shapes (there it adds its own modules: connectors, translators), and is then a function of a step's outputs. Its modules train with the
/// student and are saved with the run, but never exported.
/// </summary>
public abstract class Method : Module
{
    /// <summary>
    /// Chooses the pairs of taps that the method compares; none for a method that only reads logits. A network that lacks a tap is refused
    /// by the caller, by name.
    /// </summary>
    public virtual IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => [];

    /// <summary>Builds the method's own modules for these networks. Called once, before <see cref="Loss"/>.</summary>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <param name="pairs">What <see cref="ChooseTaps"/> gave.</param>
    /// <exception cref="MethodException">The method cannot work between these networks; the message gives the shapes.</exception>
    public virtual void Bind(NetworkShape student, NetworkShape teacher, IReadOnlyList<TapPair> pairs)
    {
    }

    /// <summary>Stages that run before the student's, in order, such as the training of a paraphraser. Asked for after <see cref="Bind"/>.</summary>
    public virtual IReadOnlyList<MethodStage> Stages => [];

    /// <summary>The method's term, unweighted.</summary>
    /// <returns>A scalar, float32, owned by the current scope.</returns>
    public abstract Tensor Loss(StepInput step);
}
