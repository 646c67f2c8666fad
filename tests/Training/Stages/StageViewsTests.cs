using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Torch.Schedules;
using Retort.Training;
using Retort.Training.Recipes;
using Retort.Training.Stages;
using Retort.Training.Teachers;

namespace Retort.Tests.Training.Stages;

/// <summary>What networks see in the stages of a run whose methods want several views of an image.</summary>
public sealed class StageViewsTests : IDisposable
{
    private const long Samples = 4;

    private readonly TensorScope _scope = new();
    private readonly WatchedNetwork _student = new(), _teacher = new();
    private readonly DistillationObjective _objective;
    private readonly Tensor _images, _labels = Tensor.From<long>([0, 1, 2, 0]);

    public StageViewsTests()
    {
        TorchRuntime.Seed(1);
        _objective = new DistillationObjective(
            1, 0,
            [
                new DistillationTerm("ft", 1, new FactorTransfer(new FactorTransferOptions())),
                new DistillationTerm("sskd", 1, new SelfSupervision(new SelfSupervisionOptions { HeadEpochs = 10 })),
            ],
            Shape("student", _student), Shape("teacher", _teacher));
        _images = Aten.Randn([Samples, 3, 8, 8]).To(MemoryFormat.ChannelsLast);
        _student.Seen.Clear();
        _teacher.Seen.Clear();
    }

    public void Dispose()
    {
        _objective.Dispose();
        _student.Dispose();
        _teacher.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void The_students_stage_runs_each_network_once_on_all_views_and_counts_hits_on_the_images_as_they_are()
    {
        var stage = new NetworkStage(_student, _objective, new FrozenTeacher(_teacher)) { Name = "student", NetworkName = "student", Options = new TrainOptions() };
        StageStep step = Step(stage);

        Assert.Equal(["ce", "ft", "sskd"], step.Terms.Select(t => t.Key));
        foreach (WatchedNetwork network in (WatchedNetwork[])[_student, _teacher])
        {
            Tensor seen = Assert.Single(network.Seen);
            Assert.Equal([4 * Samples, 3, 8, 8], seen.Shape);
            Assert.True(seen.IsChannelsLast);
            Assert.True(_images.Equal(seen.Narrow(0, 0, Samples)));
        }

        Assert.Equal([Samples, 3], step.Logits!.Shape);
    }

    [Fact]
    public void A_methods_stage_sees_the_views_of_its_own_method_only()
    {
        Assert.Equal(["ft.paraphraser", "sskd.head"], _objective.Stages.Select(s => s.Name));
        foreach (MethodStage stage in _objective.Stages)
            Step(new MethodTrainingStage(stage, _objective, "student", _student, new FrozenTeacher(_teacher), new TrainOptions()));
        Assert.Equal([Samples, 4 * Samples], _teacher.Seen.Select(images => images.Size(0)));
        Assert.Empty(_student.Seen); // neither of them trains it
    }

    [Fact]
    public void A_methods_stage_lowers_its_rate_at_its_milestones()
    {
        double[] Rates(MethodStage stage)
        {
            TrainOptions options = new MethodTrainingStage(stage, _objective, "student", _student, new FrozenTeacher(_teacher), new TrainOptions()).Options;
            Schedule schedule = options.Schedule.Create(options.Optimizer.Lr, options.Epochs);
            return [.. Enumerable.Range(0, options.Epochs).Select(epoch => Math.Round(options.Optimizer.Lr * schedule.At(epoch), 9))];
        }

        Assert.Equal([0.05, 0.05, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.0005, 0.0005], Rates(_objective.Stages[1]));
        Assert.All(Rates(_objective.Stages[0]), rate => Assert.Equal(0.1, rate));
    }

    [Fact]
    public void The_term_of_self_supervision_falls_in_training()
    {
        using var objective = new DistillationObjective(
            0, 0, [new DistillationTerm("sskd", 1, new SelfSupervision(new SelfSupervisionOptions()))],
            Shape("student", _student), Shape("teacher", _teacher));
        var stage = new NetworkStage(_student, objective, new FrozenTeacher(_teacher))
        {
            Name = "student", NetworkName = "student", Options = new TrainOptions { Epochs = 1, Optimizer = new SgdOptions { Lr = 0.05 } },
        };
        stage.SetModes();
        using var session = new StageSession(stage, stepsPerEpoch: 20);
        List<double> losses = [];
        for (int i = 0; i < 20; i++)
        {
            Tensor loss = Step(stage).Total();
            losses.Add(loss.ToDouble());
            session.Update(loss);
        }

        Assert.True(losses[^1] < 0.5 * losses[0], string.Join(", ", losses));
    }

    private static NetworkShape Shape(string name, Network network) => NetworkShape.Of(name, network, 8, 8, Device.Cpu);

    private StageStep Step(TrainingStage stage) => stage.Step(_images, _labels, Aten.Arange(Samples, DType.Int64), Compute.Plain);

    /// <summary>A convolution, its mean and a classifier; remembers the images it saw.</summary>
    private sealed class WatchedNetwork : Network
    {
        private readonly Conv2d _convolution;
        private readonly Linear _classifier;

        public WatchedNetwork()
        {
            _convolution = Add("conv", new Conv2d(3, 6, kernelSize: 3, padding: 1));
            _classifier = Add("fc", new Linear(6, 3));
        }

        public List<Tensor> Seen { get; } = [];

        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames { get; } = ["stage1", "pooled"];

        public override bool HasTap(string tap) => TapNames.Contains(tap);

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
        {
            Seen.Add(images);
            Tensor map = _convolution.Forward(images).Relu(), pooled = map.Mean([2, 3]);
            return new NetworkOutput(_classifier.Forward(pooled), new Dictionary<string, Tensor> { ["stage1"] = map, ["pooled"] = pooled });
        }
    }
}
