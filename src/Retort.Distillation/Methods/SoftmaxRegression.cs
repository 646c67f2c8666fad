using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Methods;

/// <summary>Which of the student's features goes through the connector: its norm and ReLU do not commute with the mean.</summary>
public enum SoftmaxRegressionVariant
{
    /// <summary>The map that the student pools, after its activation, averaged behind the connector: the authors' code.</summary>
    Map,

    /// <summary>The pooled vector: SimKD's authors' code. In training the connector's norm needs at least 2 samples.</summary>
    Vector,
}

/// <summary>Options of <see cref="SoftmaxRegression"/>.</summary>
public sealed record SoftmaxRegressionOptions : IValidatableOptions
{
    /// <summary>What goes through the connector. Left out map, or vector where the student pools no map, as a transformer.</summary>
    public SoftmaxRegressionVariant? Variant { get; init; }

    /// <summary>
    /// Whether the connector ends in a ReLU. Left out: it does (authors' code), unless the teacher's vector has numbers below 0, as a transformer's,
    /// which it could not reach.
    /// </summary>
    public bool? Relu { get; init; }

    /// <summary>Weight of the feature matching, at least 0. Default 1 (authors' code, ImageNet).</summary>
    [Range(0, 1e6)]
    public double FmWeight { get; init; } = 1;

    /// <summary>Weight of the softmax regression, at least 0. Default 1 (authors' code, ImageNet).</summary>
    [Range(0, 1e6)]
    public double SrWeight { get; init; } = 1;

    /// <summary>Name of the teacher's classifier among its layers, as "fc", where it is not the usual one. Default: it is found.</summary>
    public string? Classifier { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (SrWeight == 0 && FmWeight == 0)
            yield return new(nameof(SrWeight), "must be above 0 where 'fm_weight' is 0");
    }
}

/// <summary>
/// Softmax regression representation learning (Yang et al., ICLR 2021): the map that the student pools goes through a connector and is
/// averaged to a vector that must be near the teacher's, and must make the teacher's logits in the teacher's own frozen classifier. Both
/// networks need the same classes in the same order. The connector is there even where the channels agree. Outputs: "fm" and "sr", unweighted.
/// </summary>
[Method("srrl", Title = "Softmax regression representation learning", Paper = "ICLR 2021, openreview ZzwDy_wiWv",
    Summary = "the student's features in the teacher's classifier", Weight = 1)]
public sealed class SoftmaxRegression(SoftmaxRegressionOptions options) : Method<SoftmaxRegressionOptions>(options)
{
    private Sequential? _connector;
    private Linear? _classifier; // the teacher's

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        [new TapPair(Options.Variant == SoftmaxRegressionVariant.Vector ? TapChoice.Pooled : MapOf(student), TapChoice.Pooled)];

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        binding.RequireOnePair("srrl");
        _classifier = ClassifierOf(binding.Teacher);
        (long inputs, long outputs) = (binding.StudentShape(0)[0], binding.TeacherShape(0)[0]);
        if (_classifier.Weight.Size(1) != outputs)
            throw binding.Refuse(0, $"the teacher's classifier takes vectors of {_classifier.Weight.Size(1)}");
        if (_classifier.Weight.Size(0) != binding.Teacher.Classes)
            throw binding.Refuse(0, $"the layer that 'classifier' names gives {_classifier.Weight.Size(0)} numbers for {binding.Teacher.Classes} classes");
        if (binding.Student.Classes != binding.Teacher.Classes)
        {
            throw new MethodException(
                $"srrl needs the same classes in both networks, but {binding.Student.Name} has {binding.Student.Classes} and "
                + $"{binding.Teacher.Name} {binding.Teacher.Classes}: choose a teacher of the same data.");
        }

        _connector = Add("Connectors", PointwiseConnector.Create(inputs, outputs, rectify: Options.Relu ?? !binding.Teacher.HasSignedVector));
    }

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor map, Tensor target) = step.Features[0];
        Tensor student = Pool(_connector!.Forward(map.Rank == 4 ? map : map.Unsqueeze(2).Unsqueeze(3)));
        Tensor matching = FeatureMatching(student, Pool(target));
        Tensor regression = Regression(student, _classifier!.Weight, _classifier.Bias, step.TeacherLogits);
        return new MethodLoss((matching * Options.FmWeight) + (regression * Options.SrWeight))
        {
            Outputs = new Dictionary<string, Tensor> { ["fm"] = matching, ["sr"] = regression },
        };
    }

    /// <summary>L_FM = mean over batch and channels of (h_s − h_t)².</summary>
    /// <param name="student">h_s, [N, C].</param>
    /// <param name="teacher">h_t, [N, C], without gradient.</param>
    public static Tensor FeatureMatching(Tensor student, Tensor teacher) => student.MseLoss(teacher);

    /// <summary>
    /// L_SR = mean over batch and classes of (W_t h_s + b_t − z_t)². The gradient goes through the classifier to h_s; the classifier
    /// itself gets none.
    /// </summary>
    /// <param name="student">h_s, [N, C].</param>
    /// <param name="weight">W_t, [classes, C].</param>
    /// <param name="bias">b_t, [classes], or null.</param>
    /// <param name="teacherLogits">z_t, [N, classes], without gradient.</param>
    public static Tensor Regression(Tensor student, Tensor weight, Tensor? bias, Tensor teacherLogits) =>
        Aten.Linear(student, weight.Detach(), bias?.Detach()).MseLoss(teacherLogits);

    private string MapOf(NetworkShape student) => student.PooledMap ?? (Options.Variant is null
        ? TapChoice.Pooled
        : throw new MethodException(
            $"srrl's variant map wants a map whose mean is the student's pooled vector, but {student.Name} pools none: set 'variant' to vector."));

    private static Tensor Pool(Tensor features) => features.Rank == 4 ? features.Mean([2, 3]) : features;

    private Linear ClassifierOf(NetworkShape teacher)
    {
        if (Options.Classifier is not { } name)
        {
            return teacher.Classifier ?? throw new MethodException(
                $"srrl puts the student's features into the teacher's linear classifier, but {teacher.Name} has none: name it by 'classifier', "
                + "or choose another teacher.");
        }

        return teacher.Linears.TryGetValue(name, out Linear? named) ? named : throw new MethodException(
            $"srrl finds no linear layer \"{name}\" in {teacher.Name}, only {string.Join(", ", teacher.Linears.Keys)}: set 'classifier' to one of them.");
    }
}
