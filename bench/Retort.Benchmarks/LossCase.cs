using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Benchmarks;

/// <summary>A method's loss and what it reads, so that nothing else is measured.</summary>
internal sealed class LossCase : IDisposable
{
    private const int Samples = 50_000;

    private readonly DistillationObjective _objective;
    private readonly NetworkOutput _student;
    private readonly NetworkOutput _teacher;
    private readonly Tensor _labels;
    private readonly Tensor _indices;

    /// <summary>Binds the method.</summary>
    /// <param name="method">Its name; its options are the defaults.</param>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <param name="batch">Samples of a step.</param>
    /// <param name="outputs">What student and teacher give for it; called in a scope, without gradient.</param>
    public LossCase(
        string method, NetworkShape student, NetworkShape teacher, int batch, Func<DistillationObjective, (NetworkOutput Student, NetworkOutput Teacher)> outputs)
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        int[] classes = [.. Enumerable.Range(0, Samples).Select(i => i % student.Classes)];
        _objective = new DistillationObjective(
            0, 0, [new DistillationTerm(method, 1, MethodRegistry.Default.Find(method).Create(new OptionMapping([]), method))], student, teacher, classes);
        _objective.To(MemoryFormat.ChannelsLast);
        _objective.Train();
        (NetworkOutput learned, NetworkOutput taught) = outputs(_objective);
        (_student, _teacher) = (Kept(learned, grad: true), Kept(taught, grad: false));
        _labels = Tensor.From<long>([.. classes.Take(batch).Select(c => (long)c)], batch).Persist();
        _indices = Aten.Arange(batch, DType.Int64).Persist();
    }

    /// <summary>The loss, and its gradient with respect to what the student gave.</summary>
    public double ForwardAndBackward()
    {
        using var scope = new TensorScope();
        Tensor loss = _objective.Terms(_student, _teacher, _labels, _indices)[0].Value;
        loss.Backward();
        return loss.ToDouble();
    }

    public void Dispose()
    {
        _objective.Dispose();
        foreach (Tensor tensor in (Tensor[])[_labels, _indices, _student.Logits, .. _student.Taps.Values, _teacher.Logits, .. _teacher.Taps.Values])
            tensor.Dispose();
    }

    private static NetworkOutput Kept(NetworkOutput output, bool grad)
    {
        Tensor Keep(Tensor tensor)
        {
            Tensor kept = tensor.Detach().Persist();
            kept.RequiresGrad = grad;
            return kept;
        }

        return new NetworkOutput(Keep(output.Logits), output.Taps.ToDictionary(tap => tap.Key, tap => Keep(tap.Value)));
    }
}
