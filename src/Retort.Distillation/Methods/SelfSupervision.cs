using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Distillation.Views;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="SelfSupervision"/>.</summary>
public sealed record SelfSupervisionOptions : IValidatableOptions
{
    /// <summary>Softening of the class probabilities of the images as they are, greater than 0. Default 4 (authors' code).</summary>
    [Range(1e-3, 1e3)]
    public double KdTemperature { get; init; } = 4;

    /// <summary>Softening of the class probabilities of the turned images, greater than 0. Default 4 (authors' code).</summary>
    [Range(1e-3, 1e3)]
    public double TfTemperature { get; init; } = 4;

    /// <summary>Softening of the similarities, greater than 0. Default 0.5 (authors' code).</summary>
    [Range(1e-3, 1e3)]
    public double SsTemperature { get; init; } = 0.5;

    /// <summary>Share of the turned images whose class the teacher gets wrong that are kept, 0 to 1. Default 1 (authors' code).</summary>
    [Range(0, 1)]
    public double TfRatio { get; init; } = 1;

    /// <summary>Share of the turned images whose origin the teacher gets wrong that are kept, 0 to 1. Default 0.75 (authors' code).</summary>
    [Range(0, 1)]
    public double SsRatio { get; init; } = 0.75;

    /// <summary>Weight of the class probabilities of the images as they are, at least 0. Default 0.9 (authors' code, beside 0.1 of ce).</summary>
    [Range(0, 1e6)]
    public double KdWeight { get; init; } = 0.9;

    /// <summary>Weight of the class probabilities of the turned images, at least 0. Default 2.7 (authors' code).</summary>
    [Range(0, 1e6)]
    public double TfWeight { get; init; } = 2.7;

    /// <summary>Weight of the similarities, at least 0. Default 10 (authors' code).</summary>
    [Range(0, 1e6)]
    public double SsWeight { get; init; } = 10;

    /// <summary>
    /// A head that was trained for the same teacher: its file, or the folder checkpoints/sskd.head of a run; a relative path counts from the
    /// current directory. Left out: it is trained first.
    /// </summary>
    [MinLength(1)]
    public string? Head { get; init; }

    /// <summary>
    /// Epochs of the teacher's head, at least 1; after half and three quarters of them the learning rate falls to a tenth. Default 60 (authors'
    /// code).
    /// </summary>
    [Range(1, 100000)]
    public int HeadEpochs { get; init; } = 60;

    /// <summary>Learning rate of the teacher's head at first, above 0. Default 0.05 (authors' code).</summary>
    [Range(1e-8, 100)]
    public double HeadLr { get; init; } = 0.05;

    /// <summary>Weight decay of the teacher's head, at least 0. Default 5e-4 (authors' code).</summary>
    [Range(0, 1)]
    public double HeadWeightDecay { get; init; } = 5e-4;

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (SsWeight == 0 && KdWeight == 0 && TfWeight == 0)
            yield return new(nameof(SsWeight), "must be above 0 where 'kd_weight' and 'tf_weight' are 0");
    }
}

/// <summary>
/// Self-supervision (SSKD; Xu et al., arXiv:2006.07114): every image is shown in its four rotations. A stage first teaches a head on the
/// teacher's pooled vector to tell which image a turned one is. The student, with a head of its own, then follows the teacher in the classes
/// of the images as they are ("kd"), in those of the turned ones ("tf"), and in how similar each turned image is to every image of the batch
/// ("ss"). Outputs: "kd", "tf" and "ss", unweighted.
/// </summary>
/// <remarks>
/// A step costs four times the forward and backward passes, and the student's batch norms see the turned images too, as in the authors' code.
/// The authors crop but do not mirror (data.augment.flip: false), and weigh this term 1 beside 0.1 of the cross-entropy. A single image in
/// the batch gives similarities nothing to tell apart: "ss" is 0.
/// </remarks>
[Method("sskd", Title = "Self-supervision", Paper = "arXiv:2006.07114",
    Summary = "classes of rotated images, and which image each one is", Weight = 1, CrossEntropy = 0.1)]
public sealed class SelfSupervision(SelfSupervisionOptions options) : Method<SelfSupervisionOptions>(options)
{
    private const string Head = "proj_head";

    private static readonly int RotationCount = Rotations.All.Count;

    private Sequential? _student;
    private Sequential? _teacher;

    /// <inheritdoc/>
    public override bool RelatesSamples => true;

    /// <inheritdoc/>
    public override bool ReadsSamples => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ImageView> Views => Rotations.All;

    /// <inheritdoc/>
    public override IReadOnlyList<MethodStage> Stages =>
    [
        new MethodStage(
            "head", Options.HeadEpochs, Options.HeadLr, Options.HeadWeightDecay,
            _teacher ?? throw new InvalidOperationException("The method is not bound."), Discriminate)
        {
            // Rounded up, so that a stage of one epoch has its full rate.
            Milestones = [(Options.HeadEpochs + 1) / 2, ((3 * Options.HeadEpochs) + 3) / 4],
            Checkpoint = Options.Head,
        },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => TapChoice.PooledVector(given: null);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireOnePair("sskd");
        (long[] student, long[] teacher) = (binding.StudentShape(0), binding.TeacherShape(0));
        if (student.Length != 1 || teacher.Length != 1)
            throw binding.Refuse(0, "self-supervision compares vectors");
        (NetworkShape small, NetworkShape large) = (binding.Student, binding.Teacher);
        if (small.Classes != large.Classes)
        {
            throw new MethodException(
                $"sskd needs the same classes in both networks, but {small.Name} has {small.Classes} and {large.Name} {large.Classes}: choose a "
                + "teacher of the same data.");
        }

        if (small.ImageHeight != small.ImageWidth)
        {
            throw new MethodException(
                $"sskd turns images by 90 degrees, but those of {small.Name} are {small.ImageHeight} pixels high and {small.ImageWidth} wide: make "
                + "them square, or take another method.");
        }

        _student = Add("student", MakeHead((int)student[0]));
        _teacher = Add("teacher", MakeHead((int)teacher[0]));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        Tensor teacher, student = Similarities(_student!.Forward(step.Features[0].Student));
        using (GradMode.Disable())
            teacher = Similarities(_teacher!.Forward(step.Features[0].Teacher));
        Tensor classes = Turned(step.TeacherLogits);
        Tensor keptClasses = Kept(Ranks(classes, PerRotation(step.Labels)), Options.TfRatio);
        Tensor keptOrigins = Kept(Ranks(teacher, Origins(teacher)), Options.SsRatio);

        Tensor kd = KnowledgeDistillation.Divergence(Upright(step.StudentLogits), Upright(step.TeacherLogits), Options.KdTemperature);
        Tensor tf = Divergence(Turned(step.StudentLogits), classes, keptClasses, Options.TfTemperature);
        Tensor ss = Divergence(student, teacher, keptOrigins, Options.SsTemperature);
        return new MethodLoss((kd * Options.KdWeight) + (tf * Options.TfWeight) + (ss * Options.SsWeight))
        {
            Outputs = new Dictionary<string, Tensor> { ["kd"] = kd, ["tf"] = tf, ["ss"] = ss },
        };
    }

    /// <summary>Cosine similarity of each turned image to each image as it is.</summary>
    /// <param name="vectors">[4N, D]: each sample as it is, then its three rotations.</param>
    /// <returns>[3N, N], in -1..1.</returns>
    public static Tensor Similarities(Tensor vectors)
    {
        Tensor unit = FeatureNorms.Unit(vectors, dim: 1);
        return Turned(unit).Mm(Upright(unit).T());
    }

    /// <summary>How many entries of its row are greater than the true one: 0 where the row's prediction is right.</summary>
    /// <param name="scores">[M, K].</param>
    /// <param name="truth">Int64 [M], the true entry of each row.</param>
    /// <returns>Int64 [M].</returns>
    public static Tensor Ranks(Tensor scores, Tensor truth) => scores.Gt(scores.Gather(1, truth.Unsqueeze(1))).Sum([1]);

    /// <summary>All rows that are right, and the best of the wrong ones: ⌊ratio · wrong rows⌋ of the lowest rank, of equal ranks the first.</summary>
    /// <param name="ranks">Int64 [M].</param>
    /// <param name="ratio">0..1.</param>
    /// <returns>Bool [M].</returns>
    public static Tensor Kept(Tensor ranks, double ratio)
    {
        long rows = ranks.Size(0);
        Tensor order = (ranks * rows) + Aten.Arange(rows, DType.Int64, device: ranks.Device); // no two are equal
        Tensor place = order.Unsqueeze(0).Lt(order.Unsqueeze(1)).Sum([1]);
        Tensor wrong = ranks.Gt(0).Sum();
        return place.Lt((wrong.To(DType.Float64) * ratio).Floor() + (rows - wrong));
    }

    /// <summary>T² · mean over the kept rows of KL(softmax(t / T) ‖ softmax(s / T)); 0 where none is kept.</summary>
    /// <param name="student">s, [M, K].</param>
    /// <param name="teacher">t, [M, K], without gradient.</param>
    /// <param name="kept">Bool [M].</param>
    /// <param name="temperature">T, greater than 0.</param>
    public static Tensor Divergence(Tensor student, Tensor teacher, Tensor kept, double temperature)
    {
        Tensor log = (student / temperature).LogSoftmax(-1), target = (teacher / temperature).LogSoftmax(-1);
        Tensor rows = log.KlDiv(target, Reduction.None, logTarget: true).Sum([1]).MaskedFill(kept.LogicalNot(), 0);
        return rows.Sum() / kept.Sum().ClampMin(1) * (temperature * temperature);
    }

    private static Sequential MakeHead(int length) =>
        new([(Head, new Sequential(new Linear(length, length), new ReLU(inPlace: true), new Linear(length, length)))]);

    private static Tensor BySample(Tensor rows) => rows.Reshape([-1, 1 + RotationCount, rows.Size(1)]);

    private static Tensor Upright(Tensor rows) => BySample(rows).Select(1, 0);

    private static Tensor Turned(Tensor rows) => BySample(rows).Narrow(1, 1, RotationCount).Flatten(0, 1);

    private static Tensor PerRotation(Tensor samples) => samples.Unsqueeze(1).Expand([-1, RotationCount]).Flatten();

    // The column of each row's own image.
    private static Tensor Origins(Tensor similarities) =>
        PerRotation(Aten.Arange(similarities.Size(1), DType.Int64, device: similarities.Device));

    private MethodLoss Discriminate(StepInput step)
    {
        Tensor similarities = Similarities(_teacher!.Forward(step.Features[0].Teacher.Detach()));
        return Losses.CrossEntropy(similarities, Origins(similarities));
    }
}
