using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Contrast;
using Retort.Distillation.Features;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="ContrastiveRepresentation"/>.</summary>
public sealed record ContrastiveRepresentationOptions
{
    /// <summary>Length of the embeddings, at least 1. Default 128 (authors' code).</summary>
    [Range(1, 65536)]
    public int FeatDim { get; init; } = 128;

    /// <summary>Negatives of each sample, at least 1; they repeat where other classes have fewer samples. Default 16384 (authors' code).</summary>
    [Range(1, 10_000_000)]
    public int NceK { get; init; } = 16384;

    /// <summary>Temperature τ, from 0.02 to 10. Default 0.07 (authors' code).</summary>
    [Range(0.02, 10)]
    public double NceT { get; init; } = 0.07;

    /// <summary>How much of a sample's remembered embedding an update leaves, 0 up to but not 1. Default 0.5 (authors' code).</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double NceM { get; init; } = 0.5;

    /// <summary>What a sample must be near to: exact is itself, relax a random sample of its class. Default exact (authors' code).</summary>
    public ContrastivePositive Positive { get; init; } = ContrastivePositive.Exact;

    /// <summary>The tap that is compared, as "pooled" or "stage3:stage4" (student:teacher); maps are flattened. Default: the pooled vectors.</summary>
    public TapPair? Tap { get; init; }
}

/// <summary>What a sample's positive is.</summary>
public enum ContrastivePositive
{
    /// <summary>The sample itself.</summary>
    Exact,

    /// <summary>A random sample of the same class.</summary>
    Relax,
}

/// <summary>
/// Contrastive representation distillation (Tian et al., arXiv:1910.10699, section 3.1): the student's embedding of a sample must be
/// told from noise by the teacher's embedding of the same sample, and the teacher's by the student's. The other network's embeddings of all
/// training samples are remembered; the noise is samples of other classes.
/// </summary>
/// <remarks>
/// Both embeddings learn with the student; its weight is 0.8. The banks take 8 · samples · feat_dim bytes (51 MB for CIFAR, 1.3 GB for
/// ImageNet), also in checkpoints. They begin as random rows, so that the term may rise before it falls. In evaluation mode nothing is
/// remembered. Outputs: "memory_v1" (student), "memory_v2" (teacher), "params".
/// </remarks>
[Method("crd", Title = "Contrastive representation distillation", Paper = "arXiv:1910.10699",
    Summary = "each sample's embedding told from those of other classes", Weight = 0.8)]
public sealed class ContrastiveRepresentation(ContrastiveRepresentationOptions options) : Method<ContrastiveRepresentationOptions>(options)
{
    private const string Banks = "contrast", Candidates = "contrast_indices";

    // Of the authors' code.
    private const double Epsilon = 1e-7;

    private LinearEmbedding? _student;
    private LinearEmbedding? _teacher;
    private MemoryBanks? _banks;
    private CandidateSampler? _sampler;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsSamples => true;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => TapChoice.PooledVector(Options.Tap);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireOnePair("crd");
        int samples = binding.SampleLabels.Count;
        if (samples == 0)
        {
            throw new MethodException(
                "crd remembers every training sample and draws negatives of other classes, but the training samples are not known: give the "
                + "objective their classes (sampleLabels).");
        }

        _student = Add("embed_s", new LinearEmbedding(binding.StudentShape(0), Options.FeatDim));
        _teacher = Add("embed_t", new LinearEmbedding(binding.TeacherShape(0), Options.FeatDim));
        _banks = Add(Banks, new MemoryBanks(samples, Options.FeatDim, Options.NceK, Options.NceT, Options.NceM));
        _sampler = new CandidateSampler(binding.SampleLabels);
    }

    /// <inheritdoc/>
    public override int SavedSamples(IReadOnlyDictionary<string, Tensor> state) =>
        state.TryGetValue($"{Banks}.memory_v1", out Tensor? memory) ? checked((int)memory.Size(0)) : 0;

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor ofStudent, Tensor ofTeacher) = step.Features[0];
        Tensor student = FeatureNorms.Unit(_student!.Forward(ofStudent), dim: 1), teacher = FeatureNorms.Unit(_teacher!.Forward(ofTeacher), dim: 1);
        if (!step.Inputs.TryGetValue(Candidates, out Tensor? candidates))
            candidates = _sampler!.Draw(step.Indices, Options.NceK, Options.Positive == ContrastivePositive.Relax).To(step.Indices.Device);

        // Each network's embeddings against what the other one gave.
        (double zStudent, double zTeacher) = _banks!.Normalisers(
            () => Normaliser(student, _banks.Teacher, candidates), () => Normaliser(teacher, _banks.Student, candidates));
        Tensor loss = Side(student, _banks.Teacher, candidates, zStudent) + Side(teacher, _banks.Student, candidates, zTeacher);
        _banks.Update(student, teacher, step.Indices);
        return new MethodLoss(loss) { Outputs = _banks.Outputs() };
    }

    /// <summary>
    /// The noise-contrastive loss of one side, summed over the batch: with <c>o = exp(s/τ) / Z</c>, <c>c = K/N</c> and ε = 1e-7,
    /// <c>−log(o₀ / (o₀ + c + ε)) − Σ over k ≥ 1 of log(c / (o_k + c + ε))</c>, written with <c>x = s/τ − log Z − log(c + ε)</c> as
    /// <c>Σ over k ≥ 0 of softplus(x_k) − x₀ + K log((c + ε) / c)</c>, which cannot overflow.
    /// </summary>
    /// <param name="scores">s/τ, [B, K + 1], the positive first.</param>
    /// <param name="positives">s/τ of the positives, [B], computed apart: the gradient of a column would be as large as the scores.</param>
    /// <param name="normaliser">Z, above 0.</param>
    /// <param name="samples">N, training samples.</param>
    /// <returns>A scalar.</returns>
    public static Tensor NoiseContrast(Tensor scores, Tensor positives, double normaliser, long samples)
    {
        long batch = scores.Size(0), negatives = scores.Size(1) - 1;
        double noise = (double)negatives / samples, shift = Math.Log(normaliser) + Math.Log(noise + Epsilon);
        return (scores - shift).Softplus().Sum() - (positives - shift).Sum() + (batch * negatives * Math.Log(1 + (Epsilon / noise)));
    }

    // The banks change below, before the backward pass: the gradient is taken at once.
    private Tensor Side(Tensor embeddings, Tensor bank, Tensor candidates, double normaliser)
    {
        Tensor? sum = null;
        foreach ((long start, long count) in BankScores.Parts(bank, candidates))
        {
            Tensor rows = candidates.Narrow(0, start, count);
            Tensor part = new EagerGradient(e => Contrast(e, bank, rows, normaliser)).Apply(embeddings.Narrow(0, start, count));
            sum = sum is null ? part : sum + part;
        }

        return sum! / embeddings.Size(0);
    }

    private Tensor Contrast(Tensor embeddings, Tensor bank, Tensor candidates, double normaliser)
    {
        Tensor scaled = embeddings / Options.NceT; // rather than the scores, of which there are many more
        Tensor positives = (scaled * bank.IndexSelect(0, candidates.Select(1, 0))).Sum([1]);
        return NoiseContrast(BankScores.Of(scaled, bank, candidates), positives, normaliser, bank.Size(0));
    }

    /// <summary>Z: the number of samples times the mean of <c>exp(s/τ)</c> over this batch.</summary>
    private double Normaliser(Tensor embeddings, Tensor bank, Tensor candidates)
    {
        using var noGrad = GradMode.Disable();
        double sum = 0;
        foreach ((long start, long count) in BankScores.Parts(bank, candidates))
        {
            using var scope = new TensorScope();
            Tensor scaled = embeddings.Narrow(0, start, count) / Options.NceT;
            sum += BankScores.Of(scaled, bank, candidates.Narrow(0, start, count)).Exp().Sum().ToDouble();
        }

        return bank.Size(0) * sum / candidates.Count;
    }
}
