using Retort.Distillation;
using Retort.Distillation.Views;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Training.Support;

/// <summary>What a test wants of <see cref="ProbeMethod"/>.</summary>
internal sealed record ProbeOptions
{
    /// <summary>Epochs of a stage before the student's; 0: there is none.</summary>
    public int StageEpochs { get; init; }

    /// <summary>Whether the student trains in that stage too.</summary>
    public bool TrainsStudent { get; init; }

    /// <summary>Whether images are shown turned by 180 degrees besides.</summary>
    public bool Turned { get; init; }

    /// <summary>Tap of both networks.</summary>
    public string Tap { get; init; } = "pooled";

    /// <summary>Number of the student's step at which the loss is no number; 0: never.</summary>
    public int NanAt { get; init; }
}

/// <summary>
/// A method with a tap, a connector of its own that trains with the student, a part that trains in a stage before, and dropout, so that it
/// also draws random numbers.
/// </summary>
[Method("probe", Title = "Probe", Paper = "none", Summary = "a mean through a connector")]
internal sealed class ProbeMethod(ProbeOptions options) : Method<ProbeOptions>(options)
{
    private Tensor _steps = null!;

    /// <summary>Is told "stage" or "student" in each call of a loss.</summary>
    public static Action<string>? Watch { get; set; }

    public static MethodRegistry Registry { get; } = new([.. typeof(Method).Assembly.GetTypes(), typeof(ProbeMethod)]);

    public Sequential Connector { get; private set; } = null!;

    public Learner Head { get; private set; } = null!;

    public override IReadOnlyList<ImageView> Views => Options.Turned ? [Rotations.Half] : [];

    public override IReadOnlyList<MethodStage> Stages => Options.StageEpochs == 0
        ? []
        : [new MethodStage("warmup", Options.StageEpochs, 0.002, 0, Head, step => Warmup(step)) { TrainsStudent = Options.TrainsStudent }];

    public override IReadOnlyList<TapPair> ChooseTaps(NetworkShape student, NetworkShape teacher) => [new(Options.Tap, Options.Tap)];

    public override void Bind(MethodBinding binding)
    {
        int student = (int)binding.StudentShape(0)[0], teacher = (int)binding.TeacherShape(0)[0];
        Connector = Add("connector", new Sequential(new Dropout(0.5), new Linear(student, teacher)));
        Head = Add("head", new Learner(teacher));
        _steps = AddBuffer("steps", Aten.Zeros([], DType.Int64)); // what a method keeps is in buffers: they are saved with the run
    }

    public override MethodLoss Loss(StepInput step)
    {
        Watch?.Invoke("student");
        if (_steps.Add_(1).Item<long>() == Options.NanAt)
            return step.StudentLogits.Mean() * double.NaN;
        (Tensor student, Tensor teacher) = step.Features[0];
        Tensor guess = Head.Forward(teacher).Mean(); // frozen by now
        return Losses.Mse(Connector.Forward(student), teacher) + (guess * 0.01);
    }

    private Tensor Warmup(StepInput step)
    {
        Watch?.Invoke("stage");
        Tensor target = step.Features[0].Teacher.Mean([1], keepdim: true);
        Tensor loss = Losses.Mse(Head.Forward(step.Features[0].Teacher), target);
        return Options.TrainsStudent ? loss + Losses.Mse(step.Features[0].Student, step.Features[0].Teacher) : loss;
    }

    /// <summary>Batch norm, dropout and a linear layer: statistics, random numbers and weights.</summary>
    internal sealed class Learner : Layer
    {
        private readonly Sequential _layers;

        public Learner(int inputs) =>
            _layers = Add("layers", new Sequential(new BatchNorm1d(inputs), new Dropout(0.5), new Linear(inputs, 1)));

        public override Tensor Forward(Tensor input) => _layers.Forward(input);
    }
}
