using Retort.Distillation.Views;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Distillation;

/// <summary>
/// The student's whole loss: cross-entropy and any number of methods, each with its weight, bound to one teacher and one student. As a
/// module it holds the methods' own modules, under the terms' names.
/// </summary>
public sealed class DistillationObjective : Module
{
    private readonly double _crossEntropy;
    private readonly LabelLoss _labels;
    private readonly List<BoundTerm> _terms = [];
    private readonly HashSet<string> _studentTaps = [];
    private readonly HashSet<string> _teacherTaps = [];
    private readonly ViewSet _views;
    private IBatchExchange? _exchange;
    private bool _relatesWholeBatch;

    /// <summary>Binds the terms to the networks.</summary>
    /// <param name="crossEntropy">Weight of the cross-entropy with the labels.</param>
    /// <param name="labelSmoothing">0..1, share of the uniform distribution in the labels.</param>
    /// <param name="terms">The methods; owned by the objective from now on, and disposed when this throws.</param>
    /// <param name="student">Shape of the student.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <param name="sampleLabels">Class of every training sample, by its number; may be empty where no method asks for it.</param>
    /// <param name="classWeights">What each class counts in the cross-entropy, see <see cref="LabelLoss"/>; null: all alike.</param>
    /// <exception cref="MethodException">
    /// A network lacks a tap, a method cannot work between these shapes, two terms have one name, or there is no term at all.
    /// </exception>
    public DistillationObjective(
        double crossEntropy, double labelSmoothing, IReadOnlyList<DistillationTerm> terms, NetworkShape student, NetworkShape teacher,
        IReadOnlyList<int>? sampleLabels = null, IReadOnlyList<double>? classWeights = null)
    {
        if (crossEntropy == 0 && terms.All(term => term.Weight == 0))
            throw new MethodException("There is nothing to learn: give the cross-entropy or a method a weight above 0.");
        _crossEntropy = crossEntropy;
        _labels = Add("labels", new LabelLoss(labelSmoothing, classWeights));
        try
        {
            if (terms.GroupBy(term => term.Name).FirstOrDefault(same => same.Count() > 1) is { } shared)
                throw new MethodException($"Two terms have the name \"{shared.Key}\": give each its own, as \"{shared.Key}-2\".");
            foreach (DistillationTerm term in terms)
                Bind(term, student, teacher, sampleLabels ?? []);
            _views = new ViewSet(_terms.SelectMany(bound => bound.Views));
        }
        catch
        {
            foreach (DistillationTerm term in terms)
                term.Method.Dispose();
            throw;
        }
    }

    /// <summary>Weight of the cross-entropy with the labels; 0: it is left out.</summary>
    public double CrossEntropy => _crossEntropy;

    /// <summary>The methods with their weights, in order, and what each was bound to.</summary>
    public IEnumerable<(DistillationTerm Term, MethodBinding Binding)> Methods => _terms.Select(bound => (bound.Term, bound.Binding));

    /// <summary>Taps that the student must give.</summary>
    public IReadOnlySet<string> StudentTaps => _studentTaps;

    /// <summary>Taps that the teacher must give.</summary>
    public IReadOnlySet<string> TeacherTaps => _teacherTaps;

    /// <summary>Whether a term reads the teacher in an epoch: terms of weight 0, which have done their work in a stage before, do not.</summary>
    /// <param name="epoch">From 1; null: as in a dry run, which shows all terms: whether there is a method at all.</param>
    public bool NeedsTeacherIn(int? epoch) => _terms.Any(bound => Counts(bound, epoch));

    /// <summary>Whether one of those terms reads the teacher's logits; where none does, the teacher need not compute them.</summary>
    /// <param name="epoch">As for <see cref="NeedsTeacherIn"/>.</param>
    public bool ReadsTeacherLogitsIn(int? epoch) => _terms.Any(bound => Counts(bound, epoch) && bound.Term.Method.ReadsTeacherLogits);

    /// <summary>What the methods want trained before the student, in order; each is named after its term and itself: "ft.paraphraser".</summary>
    public IReadOnlyList<MethodStage> Stages => [.. _terms.SelectMany(bound => bound.Stages)];

    /// <summary>The methods that relate the samples of a batch to one another, not to those that they remember.</summary>
    public IEnumerable<DistillationTerm> TermsThatRelate => Relating.Select(bound => bound.Term);

    /// <summary>Those of them that see only a share of it.</summary>
    public IEnumerable<DistillationTerm> TermsOfShares =>
        _exchange is null ? [] : Relating.Where(bound => ExchangeOf(bound) is null).Select(bound => bound.Term);

    /// <summary>The methods on whose account the teacher normalises by each batch's statistics.</summary>
    public IEnumerable<DistillationTerm> TermsOfBatchStatistics => _terms.Where(bound => bound.Term.Method.WantsBatchStatistics).Select(bound => bound.Term);

    /// <summary>Tells the objective that this process has only a share of each batch.</summary>
    /// <param name="exchange">The way to the rest; null: it has all of it.</param>
    /// <param name="relatesWholeBatch">
    /// Whether methods that relate samples see the whole batch. Methods that remember samples always do, so that all processes remember the same.
    /// </param>
    public void Join(IBatchExchange? exchange, bool relatesWholeBatch)
    {
        (_exchange, _relatesWholeBatch) = (exchange, relatesWholeBatch);
        _labels.Exchange = exchange;
    }

    /// <summary>The images as both networks must see them: as they are, then in the views that methods want.</summary>
    /// <param name="images">[N, 3, H, W].</param>
    /// <returns>[(1 + views)·N, 3, H, W], the images as they are first; the images themselves where no method has views.</returns>
    public Tensor Show(Tensor images) => _views.Show(images);

    /// <summary>The same in a stage before the student's: only the views of the stage's method.</summary>
    /// <param name="stage">One of <see cref="Stages"/>.</param>
    /// <param name="images">[N, 3, H, W].</param>
    public Tensor Show(MethodStage stage, Tensor images) => OwnerOf(stage).OwnViews.Show(images);

    /// <summary>What a stage's method gets for a batch.</summary>
    /// <param name="stage">One of <see cref="Stages"/>.</param>
    /// <param name="student">
    /// The student's output for what <see cref="Show(MethodStage, Tensor)"/> gives, with <see cref="StudentTaps"/>; null in a stage that does not
    /// train it, where the teacher's stands in its place.
    /// </param>
    /// <param name="teacher">The teacher's output for the same, with <see cref="TeacherTaps"/>.</param>
    /// <param name="labels">Int64 [N].</param>
    /// <param name="indices">Int64 [N].</param>
    /// <param name="isShare">Whether this is a share of a batch; false for images that are looked at beside training.</param>
    public StepInput InputFor(
        MethodStage stage, NetworkOutput? student, NetworkOutput teacher, Tensor labels, Tensor indices, bool isShare = true)
    {
        BoundTerm owner = OwnerOf(stage);
        return owner.Input(owner.OwnViews, student, teacher, labels, indices, isShare ? ExchangeOf(owner) : null);
    }

    /// <summary>The terms of a step, weighted; their sum is the loss.</summary>
    /// <param name="student">The student's output for what <see cref="Show(Tensor)"/> gives, with <see cref="StudentTaps"/>.</param>
    /// <param name="teacher">The teacher's output for the same, with <see cref="TeacherTaps"/>; null where no method reads it (<see cref="NeedsTeacherIn"/>).</param>
    /// <param name="labels">Int64 [N].</param>
    /// <param name="indices">Int64 [N], numbers of the samples in the training set.</param>
    /// <param name="epoch">The epoch that runs, from 1; null: every term has its full weight, whatever its warm-up.</param>
    /// <returns>Scalars by name, "ce" first, in an epoch without those of weight 0; owned by the current scope.</returns>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Terms(
        NetworkOutput student, NetworkOutput? teacher, Tensor labels, Tensor indices, int? epoch = null)
    {
        List<KeyValuePair<string, Tensor>> terms = [];
        if (_crossEntropy != 0)
            terms.Add(new("ce", _labels.Of(_views.Pick(student.Logits, labels.Size(0), []), labels) * _crossEntropy));
        foreach (BoundTerm bound in _terms.Where(bound => Counts(bound, epoch)))
        {
            StepInput input = bound.Input(_views, student, teacher ?? throw new ArgumentNullException(nameof(teacher)), labels, indices, ExchangeOf(bound));
            terms.Add(new(bound.Term.Name, bound.Term.Method.Loss(input).Value * bound.Term.WeightAt(epoch)));
        }

        return terms;
    }

    private IEnumerable<BoundTerm> Relating => _terms.Where(bound => bound.Term.Method.RelatesSamples && !bound.RemembersSamples);

    private static bool Counts(BoundTerm bound, int? epoch) => epoch is null || bound.Term.Weight != 0;

    private IBatchExchange? ExchangeOf(BoundTerm bound) =>
        (_relatesWholeBatch && bound.Term.Method.RelatesSamples) || bound.RemembersSamples ? _exchange : null;

    private BoundTerm OwnerOf(MethodStage stage) => _terms.Single(bound => bound.Stages.Any(own => ReferenceEquals(own, stage)));

    private void Bind(DistillationTerm term, NetworkShape student, NetworkShape teacher, IReadOnlyList<int> sampleLabels)
    {
        IReadOnlyList<TapPair> pairs = term.Method.ChooseTaps(student, teacher);
        foreach (TapPair pair in pairs)
        {
            RequireTap(term.Name, "student", student, pair.Student);
            RequireTap(term.Name, "teacher", teacher, pair.Teacher);
            _studentTaps.Add(pair.Student);
            _teacherTaps.Add(pair.Teacher);
        }

        MethodBinding binding = new() { Student = student, Teacher = teacher, Pairs = pairs, SampleLabels = sampleLabels };
        term.Method.Bind(binding);
        Add(term.Name, term.Method);
        // Asked for once, as a method may make new ones at each call; with the term's name no two stages of a run share a checkpoint.
        MethodStage[] stages = [.. term.Method.Stages.Select(stage => stage with { Name = $"{term.Name}.{stage.Name}" })];
        foreach (MethodStage stage in stages)
            stage.Learner.RequireGrad(false); // it trains in its own stage alone, which releases it
        _terms.Add(new BoundTerm(term, binding, stages));
    }

    /// <summary>Refuses a tap that a network lacks, by name.</summary>
    /// <exception cref="MethodException">It lacks the tap.</exception>
    internal static void RequireTap(string term, string role, NetworkShape network, string tap)
    {
        if (!network.Taps.ContainsKey(tap))
        {
            throw new MethodException(
                $"{term} needs the tap \"{tap}\" of the {role}, but {network.Name} has only {string.Join(", ", network.Taps.Keys)}: choose "
                + "another network, or other taps if the method has an option for them.");
        }
    }

    private sealed record BoundTerm(DistillationTerm Term, MethodBinding Binding, IReadOnlyList<MethodStage> Stages)
    {
        public IReadOnlyList<ImageView> Views { get; } = Term.Method.Views;

        public bool RemembersSamples { get; } =
            Term.Method.SavedSamples(Term.Method.State().ToDictionary(entry => entry.Key, entry => entry.Value)) > 0;

        public ViewSet OwnViews => new(Views);

        // exchange: the way to the rest of the batch, where the method is to see it; null: it sees these rows.
        public StepInput Input(
            ViewSet shown, NetworkOutput? student, NetworkOutput teacher, Tensor labels, Tensor indices, IBatchExchange? exchange)
        {
            Tensor Joined(Tensor rows) => exchange?.Gather(rows) ?? rows;
            // Gram matrices, norms and softmax lose all digits in 16 bits: methods compute in 32, whatever the networks compute in.
            Tensor Rows(Tensor output) => Joined(shown.Pick(output, labels.Size(0), Views).To(DType.Float32));
            FeaturePair Pair(TapPair pair)
            {
                Tensor own = Rows(teacher[pair.Teacher]);
                return new FeaturePair(student is null ? own : Rows(student[pair.Student]), own);
            }

            exchange?.ShareRandomNumbers();
            Tensor logits = Rows((student ?? teacher).Logits);
            return new()
            {
                StudentLogits = logits,
                TeacherLogits = !Term.Method.ReadsTeacherLogits ? null : student is null ? logits : Rows(teacher.Logits),
                Features = [.. Binding.Pairs.Select(Pair)],
                Labels = Joined(ClassLabels.Of(labels)),
                Indices = Joined(indices),
            };
        }
    }
}
