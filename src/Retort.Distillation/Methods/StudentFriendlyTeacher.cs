using Retort.Distillation.Connectors;
using Retort.Distillation.Features;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Distillation.Methods;

/// <summary>
/// Student-friendly teacher (Park et al., arXiv:2102.07650): the teacher is trained together with branches of a student on its blocks, so
/// that students can follow its features; the branches are then thrown away, and any method distills from the teacher. A branch is a
/// transform to the student's shape, fresh copies of the student's remaining blocks, and a classifier. Outputs: "teacher", "kl" and "ce", the
/// teacher's cross-entropy and the branches' divergences and cross-entropies, unweighted. It is a loss of the teacher's training, not of
/// the student's.
/// </summary>
[Method("sftn", Title = "Student-friendly teacher", Paper = "arXiv:2102.07650",
    Summary = "the teacher, in its own training, with branches of a student", TrainsTeacher = true)]
public sealed class StudentFriendlyTeacher(StudentFriendlyTeacherOptions options) : Method<StudentFriendlyTeacherOptions>(options)
{
    private const string Name = "sftn", BranchInput = "branch.";
    private const string Labels = "ce", BranchDivergence = "branch_kl", BranchLabels = "branch_ce";

    private MethodBinding? _binding;
    private ModuleList<StudentBranch>? _branches;
    private LabelLoss _labels = new(smoothing: 0, classWeights: null);

    /// <summary>Taps that the teacher must give for the branches.</summary>
    public IReadOnlySet<string> TeacherTaps => Binding.Pairs.Select(pair => pair.Teacher).ToHashSet();

    /// <summary>How a teacher was trained, by name, for who finds its weights: student, points and transforms of the branches, weights, temperature.</summary>
    public IReadOnlyDictionary<string, string> Record
    {
        get
        {
            Dictionary<string, string> record = new() { ["method"] = Name };
            foreach (OptionEntry entry in ((OptionMapping)OptionsWriter.Write(Options)).Entries)
            {
                if (entry.Value is OptionScalar scalar)
                    record[entry.Key] = scalar.Text;
            }

            record["student"] = Binding.Student.Name;
            record["branches"] = string.Join("; ", Binding.Pairs.Select((pair, k) =>
                $"{pair.Teacher} [{string.Join(", ", Binding.TeacherShape(k))}] to {pair.Student} [{string.Join(", ", Binding.StudentShape(k))}] by "
                + BranchTransform.Describe(Binding.TeacherShape(k), Binding.StudentShape(k))));
            return record;
        }
    }

    /// <summary>What the method is bound to.</summary>
    /// <exception cref="InvalidOperationException">It is not bound.</exception>
    public MethodBinding Binding => _binding ?? throw new InvalidOperationException("The method is not bound.");

    /// <summary>The points that branches attach to: the student's tap that a branch goes on from, and the teacher's.</summary>
    /// <inheritdoc/>
    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher)
    {
        IReadOnlyList<TapPair> points = Options.Branches ?? BranchPoints.Choose(student, teacher);
        foreach (TapPair point in points)
        {
            DistillationObjective.RequireTap(Name, "student", student, point.Student);
            DistillationObjective.RequireTap(Name, "teacher", teacher, point.Teacher);
        }

        return points;
    }

    /// <summary>Makes the branches. Without pairs there are none: their logits come with each step.</summary>
    /// <inheritdoc/>
    public override void Bind(MethodBinding binding)
    {
        _binding = binding;
        _labels = Add("labels", new LabelLoss(binding.LabelSmoothing, binding.ClassWeights));
        if (binding.Pairs.Count == 0)
            return;
        if (binding.CreateStudent is null)
        {
            throw new MethodException(
                "sftn trains a teacher and is no term of a student's loss: write it under 'teacher', as 'teacher: {model: ..., sftn: {}}', "
                + "and other methods under 'distill'.");
        }

        binding.RequireMaps(Name);
        _branches = Add("branches", new ModuleList<StudentBranch>());
        for (int k = 0; k < binding.Pairs.Count; k++)
        {
            NetworkTail student = Cut(binding.CreateStudent(), binding.Student.Name, binding.Pairs[k].Student);
            _branches.Append(new StudentBranch(BranchTransform.Create(binding.TeacherShape(k), binding.StudentShape(k)), student));
        }
    }

    /// <summary>Runs the branches.</summary>
    /// <param name="teacher">The teacher's output with <see cref="TeacherTaps"/>.</param>
    /// <returns>Logits [N, classes], under the names of <see cref="StepInput.Inputs"/>: "branch.0", "branch.1", ...</returns>
    public IReadOnlyDictionary<string, Tensor> RunBranches(NetworkOutput teacher) => Binding.Pairs.Select((pair, k) =>
        KeyValuePair.Create($"{BranchInput}{k}", _branches![k].Forward(teacher[pair.Teacher]))).ToDictionary();

    /// <inheritdoc/>
    public override MethodLoss Loss(StepInput step)
    {
        (Tensor teacher, Tensor kl, Tensor ce) = Parts(step);
        return new MethodLoss((teacher * Options.LambdaT) + (kl * Options.LambdaKl) + (ce * Options.LambdaCe))
        {
            Outputs = new Dictionary<string, Tensor> { ["teacher"] = teacher, ["kl"] = kl, ["ce"] = ce },
        };
    }

    /// <summary>The parts of the loss, weighted; their sum is <see cref="Loss"/>.</summary>
    /// <param name="step">Needs the teacher's logits, the labels and the inputs that <see cref="RunBranches"/> gives.</param>
    /// <returns>Scalars by name: "ce", the teacher's, "branch_kl" and "branch_ce".</returns>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Terms(StepInput step)
    {
        (Tensor teacher, Tensor kl, Tensor ce) = Parts(step);
        return [new(Labels, teacher * Options.LambdaT), new(BranchDivergence, kl * Options.LambdaKl), new(BranchLabels, ce * Options.LambdaCe)];
    }

    /// <summary>The weight of one of <see cref="Terms"/>, and the option that sets it.</summary>
    /// <param name="term">"ce", "branch_kl" or "branch_ce".</param>
    public (string Option, double Weight) WeightOf(string term) => term switch
    {
        Labels => ("lambda_t", Options.LambdaT),
        BranchDivergence => ("lambda_kl", Options.LambdaKl),
        BranchLabels => ("lambda_ce", Options.LambdaCe),
        _ => throw new ArgumentOutOfRangeException(nameof(term), term, "is no term of the loss"),
    };

    /// <summary>L_KL: the divergences of branches and teacher, summed over the branches, mean over the batch, without T².</summary>
    /// <param name="branches">[R, N, classes].</param>
    /// <param name="teacher">[N, classes].</param>
    /// <param name="temperature">Greater than 0.</param>
    /// <param name="direction">Which of the two comes first.</param>
    public static Tensor Divergence(Tensor branches, Tensor teacher, double temperature, DivergenceDirection direction)
    {
        Tensor ofBranches = (branches / temperature).LogSoftmax(-1), ofTeacher = (teacher / temperature).LogSoftmax(-1);
        (Tensor first, Tensor second) = direction == DivergenceDirection.StudentTeacher ? (ofBranches, ofTeacher) : (ofTeacher, ofBranches);
        return (first.Exp() * (first - second)).Sum() / teacher.Size(0);
    }

    private (Tensor Teacher, Tensor Kl, Tensor Ce) Parts(StepInput step)
    {
        List<Tensor> branches = [];
        while (step.Inputs.TryGetValue($"{BranchInput}{branches.Count}", out Tensor? branch))
            branches.Add(branch);
        if (branches.Count == 0)
            throw new MethodException($"sftn needs the logits of at least one branch, as the input \"{BranchInput}0\".");
        double share = Options.BranchReduction == BranchReduction.Mean ? 1.0 / branches.Count : 1;
        double scale = Options.TSquared ? Options.Temperature * Options.Temperature : 1;
        Tensor target = Options.DetachTeacher ? step.TeacherLogits.Detach() : step.TeacherLogits;
        Tensor crossEntropy = _labels.Of(branches[0], step.Labels);
        foreach (Tensor branch in branches[1..])
            crossEntropy += _labels.Of(branch, step.Labels);
        return (
            _labels.Of(step.TeacherLogits, step.Labels),
            Divergence(Aten.Stack(branches), target, Options.Temperature, Options.KlDirection) * (share * scale),
            crossEntropy * share);
    }

    private static NetworkTail Cut(Network student, string model, string tap)
    {
        try
        {
            return new NetworkTail(student, tap);
        }
        catch (NetworkCutException e)
        {
            student.Dispose();
            throw new MethodException($"sftn cannot make a branch of {model}: {e.Message} Choose another 'branches' or 'student' under 'sftn'.");
        }
    }
}
