using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Tests.Torch.Distributed;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Training.Parallel;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Parallel;

/// <summary>Ranks that train together on shares of each batch do what one process does with the whole of it.</summary>
public sealed class GroupReplicasTests
{
    private static readonly ImageDataset Images = TinyStage.Images(DatasetSplit.Training, 20);

    /// <summary>The methods that relate samples; what one remembers of samples is drawn at random, and compared elsewhere.</summary>
    public static TheoryData<string, string> Relations => new()
    {
        { "dist", "" }, { "sp", "" }, { "rkd", "" }, { "pkt", "" }, { "cc", "repdistiller" }, { "cc", "paper" }, { "sskd", "" },
    };

    [Fact]
    public void Every_method_that_relates_samples_is_known_here() => Assert.Equal(
        Relations.Select(row => (string)row[0]).Append("crd").Distinct().Order(StringComparer.Ordinal),
        MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher && Make(entry.Name, "").RelatesSamples).Select(entry => entry.Name)
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Relations))]
    public void A_loss_that_relates_samples_and_its_gradient_are_those_of_the_whole_batch(string method, string variant)
    {
        using var whole = new Student(method, variant);
        (double[] terms, float[][] gradients) = whole.Step(Replicas.Alone, batch: 7);
        Student[] ranks = [.. Enumerable.Range(0, 3).Select(_ => new Student(method, variant))];
        Ranks.Complete(3, group =>
        {
            using var replicas = new GroupReplicas(group);
            (double[] own, float[][] ofRank) = ranks[group.Rank].Step(replicas, batch: 7);
            Assert.Equal(terms, own, (a, b) => Math.Abs(a - b) <= 1e-5 * Math.Max(1, Math.Abs(a)));
            AssertNear(gradients, ofRank, 2e-4);
        });
        foreach (Student rank in ranks)
            rank.Dispose();
    }

    [Fact]
    public void A_loss_that_sees_its_share_alone_differs()
    {
        using var whole = new Student("sp", "");
        (double[] terms, _) = whole.Step(Replicas.Alone, batch: 8);
        Student[] ranks = [new Student("sp", "", globalBatch: false), new Student("sp", "", globalBatch: false)];
        Ranks.Complete(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            (double[] own, _) = ranks[group.Rank].Step(replicas, batch: 8);
            Assert.Equal(terms[0], own[0], 1e-5); // the cross-entropy
            Assert.NotEqual(terms[1], own[1], 1e-6);
        });
        foreach (Student rank in ranks)
            rank.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Ranks_reach_the_weights_of_one_process_also_where_the_last_batch_is_not_full(int count)
    {
        TrainOptions options = TinyRun.Train with { Epochs = 2, ClipGradNorm = 1, Ema = 0.5 };
        using var alone = new TinyStage(options);
        var expected = new RecordingObserver();
        Trainer(Replicas.Alone, expected).Train(new UnmovedStage(alone));

        TinyStage[] stages = [.. Enumerable.Range(0, count).Select(_ => new TinyStage(options))];
        RecordingObserver[] observers = [.. stages.Select(_ => new RecordingObserver())];
        Ranks.Complete(count, group =>
        {
            using var replicas = new GroupReplicas(group);
            Trainer(replicas, observers[group.Rank]).Train(new UnmovedStage(stages[group.Rank]));
        });

        float[][] weights = [.. stages.Select(Weights)];
        Assert.All(weights, own => Assert.Equal(weights[0], own)); // to the bit
        AssertNear([Weights(alone)], [weights[0]], 1e-4);
        foreach ((EpochResult one, EpochResult several) in expected.Epochs.Zip(observers[0].Epochs))
        {
            Assert.Equal(one.Loss, several.Loss, 1e-4);
            Assert.Equal(one.TrainAccuracy, several.TrainAccuracy);
            Assert.Equal(one.TestAccuracy, several.TestAccuracy);
        }

        foreach (TinyStage stage in stages)
            stage.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Ranks_measure_one_network_though_each_batch_norm_has_seen_its_share(double ema)
    {
        TinyStage[] stages = [.. Enumerable.Range(0, 2).Select(_ => new TinyStage(TinyRun.Train with { Epochs = 2, Ema = ema }))];
        RecordingObserver[] observers = [.. stages.Select(_ => new RecordingObserver())];
        List<float[]>[] measured = [[], []];
        Ranks.Complete(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            TinyStage stage = stages[group.Rank];
            int steps = 0;
            stage.OnStep = () => steps++;
            // Asked for to be evaluated as the average, not to be looked at.
            stage.OnEvaluated = () =>
            {
                if (steps > 0)
                    measured[group.Rank].Add(State(stage));
            };
            Trainer(replicas, observers[group.Rank]).Train(stage);
        });
        Assert.NotEmpty(measured[0]);
        Assert.Equal(measured[0], measured[1]);
        foreach (TinyStage stage in stages)
            stage.Dispose();
    }

    [Fact]
    public void Ranks_that_would_go_back_differently_are_refused()
    {
        Recipe Of(int rank) => TinyRun.Alone with { Train = TinyRun.Train with { RollbackFactor = rank == 0 ? 0.5 : 0.25, Threads = 1 + rank } };
        Exception?[] faults = Ranks.Run(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            ReplicaFolder.RecipeOf(Of(group.Rank), "run", replicas);
        });
        Assert.Null(faults[0]);
        Assert.Equal(
            "Rank 1 has train.rollback_factor 0.25, but rank 0 has 0.5: start all ranks with the same recipe and options.",
            Assert.IsType<RetortException>(faults[1]).Message);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 1)]
    [InlineData(2, 2)]
    public void Ranks_whose_batch_norms_are_synchronised_reach_the_weights_of_one_process(int count, int parts)
    {
        TrainOptions options = TinyRun.Train with { Epochs = 2, SyncBatchNorm = true, Accumulate = parts };
        using var alone = new TinyStage(options);
        var expected = new RecordingObserver();
        Trainer(Replicas.Alone, expected, parts).Train(alone);

        TinyStage[] stages = [.. Enumerable.Range(0, count).Select(_ => new TinyStage(options))];
        RecordingObserver[] observers = [.. stages.Select(_ => new RecordingObserver())];
        Ranks.Complete(count, group =>
        {
            using var replicas = new GroupReplicas(group);
            Trainer(replicas, observers[group.Rank], parts).Train(stages[group.Rank]);
        });

        float[][] states = [.. stages.Select(State)];
        Assert.All(states, own => Assert.Equal(states[0], own)); // running statistics too
        AssertNear([State(alone)], [states[0]], 1e-3);
        Assert.Equal(expected.Epochs.Select(epoch => epoch.Loss), observers[0].Epochs.Select(epoch => epoch.Loss), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.All(Norms(stages[0]), norm => Assert.Null(norm.Group)); // as they were, after training
        foreach (TinyStage stage in stages)
            stage.Dispose();
    }

    [Fact]
    public void Ranks_whose_batch_norms_see_a_share_alone_do_not()
    {
        TrainOptions options = TinyRun.Train with { Epochs = 1 };
        using var alone = new TinyStage(options);
        Trainer(Replicas.Alone, new RecordingObserver()).Train(alone);
        TinyStage[] stages = [new TinyStage(options), new TinyStage(options)];
        Ranks.Complete(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            Trainer(replicas, new RecordingObserver()).Train(stages[group.Rank]);
        });
        Assert.Throws<Xunit.Sdk.TrueException>(() => AssertNear([State(alone)], [State(stages[0])], 1e-3));
        foreach (TinyStage stage in stages)
            stage.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_loss_that_is_no_number_on_one_rank_stops_all_at_the_same_step(bool synchronised)
    {
        Exception?[] faults = OnTwo(
            (stage, rank, step) =>
            {
                if (rank == 1 && step == 3)
                {
                    using var noGrad = GradMode.Disable();
                    stage.Network.Parameters()[^1].Fill_(float.NaN);
                }
            },
            options: TinyRun.Train with { SyncBatchNorm = synchronised });
        Assert.All(faults, fault => Assert.Equal(("ce", 1, 3), (((NonFiniteLossException)fault!).Term, ((NonFiniteLossException)fault!).Epoch, ((NonFiniteLossException)fault!).Step)));
    }

    [Fact]
    public void What_differs_from_the_first_rank_is_refused_with_both()
    {
        Exception?[] faults = Ranks.Run(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            replicas.RequireSame("kind of tea", "green");
            replicas.RequireSame("teacher", $"of rank {group.Rank}");
        });
        Assert.Null(faults[0]);
        Assert.Equal(
            "Rank 1 has another teacher than rank 0 (of rank 1; rank 0: of rank 0): give all ranks the same files and devices.",
            Assert.IsType<RetortException>(faults[1]).Message);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(2)]
    public void Ranks_measure_a_network_together_as_one_process_does(int count)
    {
        ImageDataset images = TinyStage.Images(DatasetSplit.Test, count);
        using Network network = Networks.Trained("resnet8");
        EvaluationResult expected = new Evaluator(images, TinyStage.Normalization, Compute.Plain).Run(network);
        Network[] copies = [.. Enumerable.Range(0, 3).Select(_ => Networks.Trained("resnet8"))]; // one after another: their numbers come from one generator
        Ranks.Complete(3, group =>
        {
            using var replicas = new GroupReplicas(group);
            using Network own = copies[group.Rank];
            EvaluationResult result = new Evaluator(images, TinyStage.Normalization, Compute.Plain, replicas: replicas).Run(own);
            Assert.Equal((expected.Images, expected.Top1, expected.Top5), (result.Images, result.Top1, result.Top5));
            Assert.Equal(expected.Loss, result.Loss, 1e-5);
            Assert.Equal(expected.Confusion.Cast<int>(), result.Confusion.Cast<int>());
            Assert.Equal(expected.Predictions.Answers.Select(answer => answer.Class), result.Predictions.Answers.Select(answer => answer.Class));
            for (int i = 0; i < images.Count; i++)
                Assert.Equal((float)expected.Predictions.Probabilities(i)[3], (float)result.Predictions.Probabilities(i)[3], 1e-3);
        });
    }

    [Fact]
    public void A_wish_to_stop_on_one_rank_stops_all_after_the_same_step()
    {
        using var cancel = new CancellationTokenSource();
        int[] steps = new int[2];
        Exception?[] faults = OnTwo(
            (_, rank, step) =>
            {
                steps[rank] = step;
                if (rank == 1 && step == 2)
                    cancel.Cancel();
            },
            rank => rank == 1 ? cancel.Token : default);
        Assert.All(faults, fault => Assert.IsAssignableFrom<OperationCanceledException>(fault));
        Assert.Equal([2, 2], steps);
    }

    [Fact]
    public void Class_weights_count_by_the_whole_batch()
    {
        double[] weights = [1, 5, 1, 9, 1, 1, 3, 1, 1, 2];
        using var whole = new Student("kd", "", weights: weights);
        (double[] terms, float[][] gradients) = whole.Step(Replicas.Alone, batch: 7);
        Student[] ranks = [new Student("kd", "", weights: weights), new Student("kd", "", weights: weights)];
        Ranks.Complete(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            (double[] own, float[][] ofRank) = ranks[group.Rank].Step(replicas, batch: 7);
            Assert.Equal(terms[0], own[0], 1e-5);
            AssertNear(gradients, ofRank, 2e-4);
        });
        foreach (Student rank in ranks)
            rank.Dispose();
    }

    private static Exception?[] OnTwo(Action<TinyStage, int, int> onStep, Func<int, CancellationToken>? cancel = null, TrainOptions? options = null)
    {
        TinyStage[] stages = [new TinyStage(options ?? TinyRun.Train), new TinyStage(options ?? TinyRun.Train)];
        int[] steps = new int[2];
        for (int i = 0; i < 2; i++)
        {
            int rank = i;
            stages[rank].OnStep = () => onStep(stages[rank], rank, ++steps[rank]);
        }

        Exception?[] faults = Ranks.Run(2, group =>
        {
            using var replicas = new GroupReplicas(group);
            Trainer(replicas, new RecordingObserver()).Train(stages[group.Rank], cancel?.Invoke(group.Rank) ?? default);
        });
        foreach (TinyStage stage in stages)
            stage.Dispose();
        return faults;
    }

    private static Trainer Trainer(Replicas replicas, ITrainingObserver observer, int parts = 1) => new(
        Loader(8 / parts, replicas), TinyStage.Evaluator(), Compute.Plain, observer, checkpoints: null) { Replicas = replicas };

    private static BatchLoader Loader(int batch, Replicas replicas) => new(
        Images, new Sampler(Images.Count, batch, 3), CropFlipNormalize.Evaluation(TinyStage.Normalization)) { Share = replicas.Share };

    private static float[] Weights(TinyStage stage) => [.. stage.Network.Parameters().SelectMany(parameter => parameter.ToArray<float>())];

    private static float[] State(TinyStage stage) =>
        [.. stage.Network.State().Where(entry => entry.Value.DType == DType.Float32).SelectMany(entry => entry.Value.ToArray<float>())];

    private static IEnumerable<BatchNorm> Norms(TinyStage stage) => stage.Network.NamedModules().Select(module => module.Value).OfType<BatchNorm>();

    private static void AssertNear(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double norm = Math.Sqrt(expected[i].Sum(value => (double)value * value));
            double distance = Math.Sqrt(expected[i].Zip(actual[i]).Sum(pair => Math.Pow((double)pair.First - pair.Second, 2)));
            Assert.True(distance <= tolerance * Math.Max(norm, 1e-3), $"tensor {i}: {distance} of {norm}");
        }
    }

    private static Method Make(string method, string variant) => MethodRegistry.Default.Find(method).Create(
        variant.Length == 0 ? OptionMapping.Empty : new OptionMapping([new OptionEntry("variant", "", new OptionScalar(variant, quoted: false))]), method);

    /// <summary>A student and its teacher, always the same ones, in evaluation mode.</summary>
    private sealed class Student : IDisposable
    {
        private readonly Network _teacher = Networks.Trained("resnet14"), _student = Networks.Trained("resnet8");
        private readonly DistillationObjective _objective;
        private readonly bool _globalBatch;

        public Student(string method, string variant, bool globalBatch = true, double[]? weights = null)
        {
            _globalBatch = globalBatch;
            _teacher.RequireGrad(false);
            TorchRuntime.Seed(5);
            _objective = new DistillationObjective(
                1, 0.1, [new DistillationTerm(method, 1, Make(method, variant))], NetworkShape.Of("resnet8", _student, 32, 32, Device.Cpu),
                NetworkShape.Of("resnet14", _teacher, 32, 32, Device.Cpu), Images.Labels.ToArray(), weights);
        }

        /// <summary>The terms and the gradients of all parameters for the first batch.</summary>
        public (double[] Terms, float[][] Gradients) Step(Replicas replicas, int batch)
        {
            _objective.Join(replicas.Exchange, _globalBatch);
            var stage = new NetworkStage(_student, _objective, new FrozenTeacher(_teacher)) { Name = "student", NetworkName = "resnet8", Options = TinyRun.Train };
            using var session = new StageSession(stage, stepsPerEpoch: 1);
            using var scope = new TensorScope();
            using Batch images = Loader(batch, replicas).Epoch(0).First();
            replicas.BeginStep(images, seed: 1, epoch: 1);
            StageStep step = stage.Step(images.Images, images.Labels, images.Indices, Compute.Plain);
            session.Begin();
            (step.Total() * replicas.Weight).Backward();
            StepFigures figures = replicas.Sum(session.Parameters, StepFigures.Of(step, images.Labels).Weighted(replicas.Weight));
            return ([.. figures.Terms], [.. session.Parameters.Select(parameter => parameter.Grad is { } gradient ? gradient.ToArray<float>() : [])]);
        }

        public void Dispose()
        {
            _objective.Dispose();
            _student.Dispose();
            _teacher.Dispose();
        }
    }
}
