using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Optimizers;

namespace Retort.Tests.Distillation.Methods;

public sealed class ContrastiveRepresentationTests
{
    private const int Samples = 24, Negatives = 5;

    [Fact]
    public void The_loss_is_that_of_the_definition()
    {
        using var scope = new TensorScope();
        const double temperature = 0.5, normaliser = 30;
        double[] scores = [0.9, -0.3, 0.2, -0.8, 0.1, 0.7];
        const double noise = 2.0 / 40;
        double Likelihood(double score) => Math.Exp(score / temperature) / normaliser;
        double Term(double score, bool positive) => Math.Log((positive ? Likelihood(score) : noise) / (Likelihood(score) + noise + 1e-7));
        double expected = -scores.Select((score, i) => Term(score, positive: i % 3 == 0)).Sum();
        Assert.Equal(expected, Contrast(Tensor.From<double>(scores, 2, 3) / temperature, normaliser, 40).ToDouble(), 1e-12);
    }

    [Fact]
    public void Neither_overflow_nor_underflow_makes_it_infinite()
    {
        using var scope = new TensorScope();
        Func<Tensor, Tensor> loss = x => Contrast(x / 1e-3, 1e-30, 40);
        Tensor scores = Tensor.From<float>([1, -1, 1, -1, 1, -1], 2, 3);
        Assert.True(double.IsFinite(loss(scores).ToDouble()));
        Assert.True(loss.GradientAt(scores).Isfinite().All().Item<bool>());
    }

    [Fact]
    public void Gradient_is_that_of_finite_differences()
    {
        using var scope = new TensorScope();
        MethodBench.CheckGradient(x => Contrast(x / 0.3, 12, 40), MethodBench.Random(1, 4, 6), tolerance: 1e-6);
    }

    [Fact]
    public void Memory_is_three_times_the_scores()
    {
        using var scope = new TensorScope();
        Tensor scores = MethodBench.RandomSingle(1, 64, 16385), positives = MethodBench.RandomSingle(2, 64);
        scores.RequiresGrad = positives.RequiresGrad = true;
        TorchRuntime.ResetPeakMemory();
        long before = TorchRuntime.Memory.InUse, size = scores.Count * sizeof(float);
        ContrastiveRepresentation.NoiseContrast(scores, positives, 12, 40000).Backward();
        Assert.InRange((TorchRuntime.Memory.Peak - before) / (double)size, 1, 3.1); // shifted, their softplus, the gradient
    }

    [Fact]
    public void The_first_batch_sets_the_normalisers_for_good()
    {
        using var scope = new TensorScope();
        using ContrastiveRepresentation method = Bound();
        float[] unset = Buffer(method, "params").ToArray<float>();
        Assert.Equal([Negatives, 0.07f, -1, -1, 0.5f], unset);

        method.Loss(Step(0));
        float[] first = Buffer(method, "params").ToArray<float>();
        Assert.True(first[2] > 0 && first[3] > 0 && first[2] != first[3], $"{first[2]}, {first[3]}");
        method.Loss(Step(1));
        Assert.Equal(first, Buffer(method, "params").ToArray<float>());
    }

    [Fact]
    public void The_rows_of_a_batch_and_no_others_move_towards_its_embeddings()
    {
        using var scope = new TensorScope();
        using ContrastiveRepresentation method = Bound(new() { FeatDim = 8, NceK = Negatives, NceM = 0.75 });
        Tensor before = Buffer(method, "memory_v1").Clone();
        StepInput step = Step(0);
        method.Loss(step);

        Tensor weight = method.NamedParameters().Single(p => p.Key == "embed_s.linear.weight").Value;
        Tensor bias = method.NamedParameters().Single(p => p.Key == "embed_s.linear.bias").Value;
        using var noGrad = GradMode.Disable();
        Tensor embeddings = Unit(Aten.Linear(step.Features[0].Student, weight, bias));
        Tensor expected = before.Clone();
        expected.IndexCopy_(0, step.Indices, Unit((before.IndexSelect(0, step.Indices) * 0.75) + (embeddings * 0.25)));
        TensorAssert.Close(expected, Buffer(method, "memory_v1"), 1e-6);
        Assert.False(before.Equal(expected));
    }

    [Fact]
    public void Nothing_is_remembered_in_evaluation_mode()
    {
        using var scope = new TensorScope();
        using ContrastiveRepresentation method = Bound();
        method.Eval();
        Tensor[] before = [.. method.State().Select(entry => entry.Value.Clone())];
        method.Loss(Step(0));
        Assert.All(method.State().Zip(before), pair => TensorAssert.Same(pair.Second, pair.First.Value, pair.First.Key));
    }

    [Fact]
    public void Each_side_is_compared_with_the_other_networks_memory_as_it_was_before_the_step()
    {
        using var scope = new TensorScope();
        using ContrastiveRepresentation method = Bound();
        Tensor candidates = Tensor.From<long>([.. Enumerable.Range(0, 24).Select(i => (long)(i * 5 % Samples))], 4, 6);
        StepInput step = Step(0) with { Inputs = new Dictionary<string, Tensor> { ["contrast_indices"] = candidates } };
        Tensor ofStudent = Buffer(method, "memory_v1").Clone(), ofTeacher = Buffer(method, "memory_v2").Clone();

        method.Loss(step).Value.Backward();
        Dictionary<string, Tensor> gradients = method.NamedParameters().ToDictionary(p => p.Key, p => p.Value.Grad!.Clone());
        float[] constants = Buffer(method, "params").ToArray<float>();
        foreach (Tensor parameter in method.Parameters())
            parameter.Grad = null;

        Tensor Side(string embedding, Tensor features, Tensor bank, double normaliser)
        {
            Dictionary<string, Tensor> parameters = method.NamedParameters().ToDictionary();
            Tensor e = Unit(Aten.Linear(features, parameters[embedding + ".linear.weight"], parameters[embedding + ".linear.bias"]));
            return Contrast(e.Mm(bank.T()).Gather(1, candidates) / 0.07, normaliser, Samples) / 4;
        }

        (Side("embed_s", step.Features[0].Student, ofTeacher, constants[2]) + Side("embed_t", step.Features[0].Teacher, ofStudent, constants[3])).Backward();
        Assert.Equal(4, gradients.Count);
        Assert.All(method.NamedParameters(), p => TensorAssert.Close(p.Value.Grad!, gradients[p.Key], 1e-5));
    }

    [Theory]
    [InlineData(ContrastivePositive.Exact)]
    [InlineData(ContrastivePositive.Relax)]
    public void The_term_falls_where_embeddings_and_features_learn(ContrastivePositive positive)
    {
        using var scope = new TensorScope();
        using ContrastiveRepresentation method = Bound(new() { FeatDim = 8, NceK = Negatives, Positive = positive });
        Tensor student = MethodBench.RandomSingle(1, Samples, 6), teacher = MethodBench.RandomSingle(2, Samples, 10);
        student.RequiresGrad = true;
        using var optimizer = new Sgd([student, .. method.Parameters()], learningRate: 0.05, momentum: 0.9);
        List<double> losses = [];
        for (int epoch = 0; epoch < 40; epoch++)
        {
            Tensor loss = method.Loss(Whole(student, teacher)).Value;
            losses.Add(loss.ToDouble());
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
        }

        double early = losses[..5].Average(), late = losses[^5..].Average();
        Assert.True(late < 0.7 * early, $"from {early} to {late}");
    }

    [Fact]
    public void A_step_leaves_nothing_behind()
    {
        using var method = Bound();
        TensorAssert.LeavesNothing(() =>
        {
            using var scope = new TensorScope();
            method.Loss(Step(0)).Value.Backward();
            foreach (Tensor parameter in method.Parameters())
                parameter.Grad = null;
        });
    }

    [Fact]
    public void Unknown_training_samples_are_refused_with_the_remedy()
    {
        using var method = new ContrastiveRepresentation(new());
        string message = Assert.Throws<MethodException>(() => method.Bind(MethodBench.Binding(([6], [10])))).Message;
        Assert.Contains("give the objective their classes (sampleLabels)", message);
    }

    private static Tensor Contrast(Tensor scores, double normaliser, long samples) =>
        ContrastiveRepresentation.NoiseContrast(scores, scores.Select(1, 0), normaliser, samples);

    private static ContrastiveRepresentation Bound(ContrastiveRepresentationOptions? options = null)
    {
        TorchRuntime.Seed(3);
        var method = new ContrastiveRepresentation(options ?? new() { FeatDim = 8, NceK = Negatives });
        method.Bind(MethodBench.Binding(([6], [10])) with { SampleLabels = [.. Enumerable.Range(0, Samples).Select(i => i % 4)] });
        return method;
    }

    /// <summary>Four samples of the set, others for every number.</summary>
    private static StepInput Step(int number) => Whole(MethodBench.RandomSingle(10 + number, 4, 6), MethodBench.RandomSingle(20 + number, 4, 10)) with
    {
        Indices = Aten.Arange(4, DType.Int64) + (4 * number),
    };

    private static StepInput Whole(Tensor student, Tensor teacher) =>
        MethodBench.Step(Aten.Zeros([student.Size(0), 2]), Aten.Zeros([student.Size(0), 2]), null, new FeaturePair(student, teacher));

    private static Tensor Buffer(ContrastiveRepresentation method, string name) => method.NamedBuffers().Single(b => b.Key == "contrast." + name).Value;

    private static Tensor Unit(Tensor rows) => rows / rows.LinalgVectorNorm(2, [1], keepdim: true);
}
