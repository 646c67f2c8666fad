using Retort.Distillation.Views;
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
    /// <exception cref="MethodException">A network lacks something else that the method needs, such as a linear classifier.</exception>
    public virtual IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => [];

    /// <summary>Builds the method's own modules for these networks. Called once, before <see cref="Loss"/>.</summary>
    /// <param name="binding">The networks and the pairs of taps.</param>
    /// <exception cref="MethodException">The method cannot work between these networks; the message gives the shapes.</exception>
    public virtual void Bind(MethodBinding binding)
    {
    }

    /// <summary>
    /// Ways in which both networks see each image besides as it is, such as its rotations; none by default. A step of this method then has
    /// 1 + views rows of each sample, one after another: as it is, then in these views. The cross-entropy and methods without views get the
    /// rows of the images as they are.
    /// </summary>
    public virtual IReadOnlyList<ImageView> Views => [];

    /// <summary>Stages that run before the student's, in order, such as the training of a paraphraser. Asked for after <see cref="Bind"/>.</summary>
    public virtual IReadOnlyList<MethodStage> Stages => [];

    /// <summary>
    /// Whether the term reads <see cref="StepInput.Labels"/> or <see cref="StepInput.Indices"/>. Such a method is refused where mixup or
    /// cutmix makes images of two samples each.
    /// </summary>
    public virtual bool ReadsSamples => false;

    /// <summary>
    /// Whether the term reads <see cref="StepInput.TeacherLogits"/>. Where no method of a run does, the teacher stops behind the last tap that
    /// is wanted of it. Default true.
    /// </summary>
    public virtual bool ReadsTeacherLogits => true;

    /// <summary>
    /// Whether the term hangs on which samples are in a batch together, beyond the mean over them. Where several processes share a batch, such a method
    /// can be given the whole of it. Default false.
    /// </summary>
    public virtual bool RelatesSamples => false;

    /// <summary>
    /// Whether the teacher's batch norms take each batch's statistics, as in training; its running ones stay as they are. All methods of a run see
    /// the same teacher. Default false.
    /// </summary>
    public virtual bool WantsBatchStatistics => false;

    /// <summary>The method's term for a step, unweighted.</summary>
    public abstract MethodLoss Loss(StepInput step);

    /// <summary>
    /// How many training samples saved tensors of this method tell of, so that it can be bound as it was when they were saved; 0 for a
    /// method that keeps nothing per sample.
    /// </summary>
    /// <param name="state">Saved tensors by their names in this module.</param>
    public virtual int SavedSamples(IReadOnlyDictionary<string, Tensor> state) => 0;
}
