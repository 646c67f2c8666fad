using Retort.Distillation.Features;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Contrast;

/// <summary>
/// An embedding of every training sample, as it was when the sample was last seen, of the student and of the teacher; and the two
/// normalising constants, which the first batch sets for good. All are buffers under the names of RepDistiller's state dict, so that a
/// checkpoint holds them.
/// </summary>
internal sealed class MemoryBanks : Module
{
    private const int StudentNormaliser = 2, TeacherNormaliser = 3; // places in "params"
    private const double Unset = -1;

    private readonly Tensor _params;
    private readonly double _momentum;

    /// <summary>Makes banks of random rows.</summary>
    /// <param name="samples">Training samples, at least 1.</param>
    /// <param name="length">Of an embedding.</param>
    /// <param name="negatives">Negatives of a sample, for the state dict.</param>
    /// <param name="temperature">τ, for the state dict.</param>
    /// <param name="momentum">How much of a row an update leaves, 0 up to 1.</param>
    public MemoryBanks(int samples, int length, int negatives, double temperature, double momentum)
    {
        _momentum = momentum;
        double bound = 1 / Math.Sqrt(length / 3.0); // of rows whose length is 1 on average
        _params = AddBuffer("params", Tensor.From<float>([negatives, (float)temperature, (float)Unset, (float)Unset, (float)momentum]));
        Student = AddBuffer("memory_v1", Init.Uniform([samples, length], bound));
        Teacher = AddBuffer("memory_v2", Init.Uniform([samples, length], bound));
    }

    /// <summary>Embeddings that the student gave, [samples, length].</summary>
    public Tensor Student { get; }

    /// <summary>Embeddings that the teacher gave, [samples, length].</summary>
    public Tensor Teacher { get; }

    /// <summary>
    /// The constants of the student's and of the teacher's side; computed where they are not set yet, and then kept in training mode.
    /// </summary>
    /// <param name="ofStudent">Computes the student's, above 0.</param>
    /// <param name="ofTeacher">Computes the teacher's.</param>
    public (double Student, double Teacher) Normalisers(Func<double> ofStudent, Func<double> ofTeacher) =>
        (Normaliser(StudentNormaliser, ofStudent), Normaliser(TeacherNormaliser, ofTeacher));

    /// <summary>
    /// Moves the rows of a batch towards its embeddings, in training mode: <c>m ← (μ m + (1 − μ) e) / ‖μ m + (1 − μ) e‖</c>.
    /// </summary>
    /// <param name="student">[B, length].</param>
    /// <param name="teacher">[B, length].</param>
    /// <param name="indices">Int64 [B], each sample at most once.</param>
    public void Update(Tensor student, Tensor teacher, Tensor indices)
    {
        if (!IsTraining)
            return;
        using var noGrad = GradMode.Disable();
        foreach ((Tensor bank, Tensor embeddings) in ((Tensor, Tensor)[])[(Student, student), (Teacher, teacher)])
        {
            Tensor mixed = (bank.IndexSelect(0, indices) * _momentum) + (embeddings * (1 - _momentum));
            bank.IndexCopy_(0, indices, FeatureNorms.Unit(mixed, dim: 1));
        }
    }

    /// <summary>The state by RepDistiller's names, as a golden case asks for it. Borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor> Outputs() => State().ToDictionary(entry => entry.Key, entry => entry.Value);

    private double Normaliser(int place, Func<double> compute)
    {
        double value = _params.Select(0, place).ToDouble();
        if (value > 0)
            return value;
        value = compute();
        if (IsTraining)
            _params.Select(0, place).Fill_(value);
        return value;
    }
}
