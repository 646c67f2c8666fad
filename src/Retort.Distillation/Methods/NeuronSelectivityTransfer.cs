using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;

namespace Retort.Distillation.Methods;

/// <summary>Options of <see cref="NeuronSelectivityTransfer"/>.</summary>
public sealed record NeuronSelectivityTransferOptions : IValidatableOptions
{
    /// <summary>How two channels are compared. Default polynomial, the paper's best. The term's weight is half of the paper's λ, with any kernel.</summary>
    public SelectivityKernel Kernel { get; init; } = SelectivityKernel.Polynomial;

    /// <summary>Kernel polynomial: its exponent, a whole number from 1 to 10. Left out 2 (paper).</summary>
    [Range(1, 10)]
    public int? Degree { get; init; }

    /// <summary>Kernel polynomial: its offset, -100 to 100. Left out 0 (paper).</summary>
    [Range(-100.0, 100.0)]
    public double? C { get; init; }

    /// <summary>
    /// Kernel gaussian: its σ², a number above 0; or "mean", for each sample the mean squared distance of the pairs of channels that
    /// 'bandwidth_pairs' says. Left out "mean" (paper).
    /// </summary>
    public Bandwidth? Sigma2 { get; init; }

    /// <summary>Kernel gaussian: which pairs of channels the mean of sigma2 is over; the paper does not say. Left out cross.</summary>
    public BandwidthPairs? BandwidthPairs { get; init; }

    /// <summary>
    /// Taps that are compared, as "stage3" or "stage2:stage3" (student:teacher). Default: all stages, as RepDistiller; the authors' code has the
    /// last one alone, before its ReLU: [stage4.preact] on ImageNet. Maps of a few positions, as 2×2, tell next to nothing of a channel's distribution.
    /// </summary>
    [MinLength(1)]
    public ValueList<TapPair>? Taps { get; init; }

    /// <inheritdoc/>
    public IEnumerable<OptionProblem> Validate()
    {
        if (Kernel != SelectivityKernel.Polynomial && Degree is not null)
            yield return Misplaced(nameof(Degree), "polynomial");
        if (Kernel != SelectivityKernel.Polynomial && C is not null)
            yield return Misplaced(nameof(C), "polynomial");
        if (Kernel != SelectivityKernel.Gaussian && Sigma2 is not null)
            yield return Misplaced(nameof(Sigma2), "gaussian");
        if (Kernel != SelectivityKernel.Gaussian && BandwidthPairs is not null)
            yield return Misplaced(nameof(BandwidthPairs), "gaussian");
        if (BandwidthPairs is not null && Sigma2?.Value is not null)
            yield return new(nameof(BandwidthPairs), "is for the mean, but 'sigma2' is a number: leave out one of them");
    }

    private static OptionProblem Misplaced(string property, string kernel) =>
        new(property, $"belongs to the kernel {kernel}: leave it out, or set kernel: {kernel}");
}

/// <summary>Pairs of channels of a sample over which the bandwidth of <see cref="NeuronSelectivityTransfer"/> is a mean.</summary>
public enum BandwidthPairs
{
    /// <summary>Each of the student's with each of the teacher's.</summary>
    Cross,

    /// <summary>Each of both networks' with each of both, with itself too.</summary>
    Union,
}

/// <summary>Kernels of <see cref="NeuronSelectivityTransfer"/>.</summary>
public enum SelectivityKernel
{
    /// <summary>(x·y + c)^degree.</summary>
    Polynomial,

    /// <summary>x·y: only the mean maps are matched.</summary>
    Linear,

    /// <summary>exp(−‖x − y‖² / 2σ²).</summary>
    Gaussian,
}

/// <summary>
/// Neuron selectivity transfer (Huang and Wang, arXiv:1707.01219): each channel's map, normalised over its positions, is a sample of a
/// distribution, and the student's distribution follows the teacher's in the squared maximum mean discrepancy. The channels may differ in
/// number; of maps that differ in height the higher are averaged down. For channels u of the teacher and v of the student
/// <c>MMD² = mean k(u, u') + mean k(v, v') − 2 mean k(u, v)</c>, each over all pairs, a channel with itself too.
/// </summary>
/// <remarks>
/// The term is the sum over the pairs of the mean over the batch, without the paper's factor 1/2: its weight, 50 in the authors' code, is half
/// of the paper's λ. Normalisation is over positions: maps of a single one are refused, since every channel would be ±1.
/// </remarks>
[Method("nst", Title = "Neuron selectivity transfer", Paper = "arXiv:1707.01219",
    Summary = "distribution of channels' maps (squared MMD)", Weight = 50)]
public sealed class NeuronSelectivityTransfer(NeuronSelectivityTransferOptions options) : Method<NeuronSelectivityTransferOptions>(options)
{
    // A teacher's and a student's channels may all agree; σ² divides.
    private const double LeastVariance = 1e-6;

    // Of the shortest channel that is not dead.
    private const double LeastSquare = FeatureNorms.Least * FeatureNorms.Least;

    /// <inheritdoc/>
    public override bool ReadsTeacherLogits => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) =>
        TapChoice.Stages(Options.Taps, student, teacher);

    /// <inheritdoc/>
    public override void Bind(MethodBinding binding) => FeatureMaps.Require("nst", binding, positions: 2);

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step) => step.Features.Select(Discrepancy).Aggregate((sum, term) => sum + term);

    /// <summary>Each channel's map as a vector of length 1, of length 0 where the channel is dead.</summary>
    /// <param name="maps">[N, C, H, W].</param>
    /// <returns>[N, C, H · W].</returns>
    public static Tensor Channels(Tensor maps) => FeatureNorms.Unit(maps.Flatten(2), dim: 2);

    /// <summary>The discrepancy with k = x·y, which is <c>‖mean(v) − mean(u)‖²</c>, mean over the batch.</summary>
    /// <param name="student">[N, C, D], of <see cref="Channels"/>.</param>
    /// <param name="teacher">[N, C', D], likewise.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Linear(Tensor student, Tensor teacher) =>
        (student.Mean([1]) - teacher.Mean([1])).Square().Sum() / student.Size(0);

    /// <summary>The discrepancy with k = (x·y + c)^degree, mean over the batch, by whichever exact form needs less memory.</summary>
    /// <param name="student">[N, C, H, W].</param>
    /// <param name="teacher">[N, C', H, W].</param>
    /// <param name="degree">At least 1.</param>
    /// <param name="c">Offset.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Polynomial(Tensor student, Tensor teacher, int degree, double c)
    {
        if (degree == 1)
            return Linear(Channels(student), Channels(teacher)); // the offset cancels
        (long s, long t, long positions) = (student.Size(1), teacher.Size(1), student.Size(2) * student.Size(3));
        if (degree != 2 || 2 * positions * positions > (s * s) + (t * t) + (s * t))
            return PolynomialOfChannels(student, teacher, degree, c);
        // (x·y + c)² = (x·y)² + 2c x·y + c²; the constant cancels.
        (Tensor x, Tensor y) = (Channels(student), Channels(teacher));
        Tensor square = SquareOfPositions(x, y);
        return c == 0 ? square : square + (Linear(x, y) * (2 * c));
    }

    /// <summary>
    /// The discrepancy with k = (x·y + c)^degree by the channels' Gram matrices: memory N · (C² + C'² + C · C'). Their diagonals are the squared
    /// lengths of the channels, so that the products are normalised and the maps, which are larger, left alone.
    /// </summary>
    /// <inheritdoc cref="Polynomial"/>
    public static Tensor PolynomialOfChannels(Tensor student, Tensor teacher, int degree, double c)
    {
        (Tensor x, Tensor y) = (student.Flatten(2), teacher.Flatten(2));
        (Tensor ofStudent, Tensor ofTeacher, Tensor between) = (GramMatrix.Of(x), GramMatrix.Of(y), x.Bmm(y.Transpose(1, 2)));
        (Tensor perStudent, Tensor perTeacher) = (InverseLengths(ofStudent), InverseLengths(ofTeacher));
        Tensor Mean(Tensor products, Tensor perRow, Tensor perColumn)
        {
            Tensor cosines = products * perRow.Unsqueeze(2) * perColumn.Unsqueeze(1);
            return (c == 0 ? cosines : cosines + c).Pow(degree).Mean();
        }

        return Mean(ofTeacher, perTeacher, perTeacher) + Mean(ofStudent, perStudent, perStudent) - (Mean(between, perStudent, perTeacher) * 2);
    }

    /// <summary>
    /// The discrepancy with k = (x·y)² by the positions' Gram matrices, <c>‖VᵀV / C − UᵀU / C'‖²</c>: memory 2 N · D². A sum of squares, so
    /// it stays accurate near 0.
    /// </summary>
    /// <param name="student">[N, C, D], of <see cref="Channels"/>.</param>
    /// <param name="teacher">[N, C', D], likewise.</param>
    /// <returns>A scalar.</returns>
    public static Tensor SquareOfPositions(Tensor student, Tensor teacher)
    {
        Tensor ofTeacher = teacher.Transpose(1, 2).Bmm(teacher);
        Tensor difference = ofTeacher.Baddbmm(
            student.Transpose(1, 2), student, beta: -1.0 / teacher.Size(1), alpha: 1.0 / student.Size(1));
        return difference.Square().Sum() / student.Size(0);
    }

    /// <summary>The discrepancy with k = exp(−‖x − y‖² / 2σ²), mean over the batch.</summary>
    /// <param name="student">[N, C, D], of <see cref="Channels"/>.</param>
    /// <param name="teacher">[N, C', D], likewise.</param>
    /// <param name="sigma2">σ²; null for each sample's mean over pairs of its channels, a constant to the gradient.</param>
    /// <param name="pairs">Which pairs those are.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Gaussian(Tensor student, Tensor teacher, double? sigma2, BandwidthPairs pairs = BandwidthPairs.Cross)
    {
        Tensor between = SquaredDistances(student, teacher);
        Tensor ofStudent = SquaredDistances(student, student), ofTeacher = SquaredDistances(teacher, teacher);
        Tensor variance = pairs == BandwidthPairs.Cross ? MeanOfPairs(between) : MeanOfUnion(ofStudent, ofTeacher, between);
        Tensor twice = (sigma2 is { } given ? variance.FullLike(given) : variance.ClampMin(LeastVariance)) * -2;
        Tensor Mean(Tensor distances) => (distances / twice).Exp().Mean();
        return Mean(ofTeacher) + Mean(ofStudent) - (Mean(between) * 2);
    }

    // 0 for a channel that is dead, as in FeatureNorms.Unit.
    private static Tensor InverseLengths(Tensor gram)
    {
        Tensor squares = gram.Diagonal(0, 1, 2);
        return squares.ClampMin(LeastSquare).Rsqrt() * squares.Gt(LeastSquare).To(squares.DType);
    }

    // Dead channels have length 0, so 2 − 2 x·y would be wrong for them.
    private static Tensor SquaredDistances(Tensor a, Tensor b) =>
        (a.Square().Sum([2]).Unsqueeze(2) + b.Square().Sum([2]).Unsqueeze(1) - (a.Bmm(b.Transpose(1, 2)) * 2)).ClampMin(0);

    private static Tensor MeanOfPairs(Tensor distances) => distances.Detach().Mean([1, 2], keepdim: true);

    // Of all (C + C')² ordered pairs, where those between the networks come twice.
    private static Tensor MeanOfUnion(Tensor ofStudent, Tensor ofTeacher, Tensor between)
    {
        double share = (double)between.Size(1) / (between.Size(1) + between.Size(2));
        return (MeanOfPairs(ofStudent) * (share * share)) + (MeanOfPairs(ofTeacher) * ((1 - share) * (1 - share)))
            + (MeanOfPairs(between) * (2 * share * (1 - share)));
    }

    private Tensor Discrepancy(FeaturePair pair)
    {
        FeaturePair maps = FeatureMaps.ToSmaller(pair);
        return Options.Kernel switch
        {
            SelectivityKernel.Linear => Linear(Channels(maps.Student), Channels(maps.Teacher)),
            SelectivityKernel.Gaussian => Gaussian(Channels(maps.Student), Channels(maps.Teacher), Options.Sigma2?.Value, Options.BandwidthPairs ?? BandwidthPairs.Cross),
            _ => Polynomial(maps.Student, maps.Teacher, Options.Degree ?? 2, Options.C ?? 0),
        };
    }
}
