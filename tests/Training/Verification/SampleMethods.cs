using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Training.Verification;

/// <summary>Options of the sample methods: none.</summary>
internal sealed record SampleOptions;

/// <summary>Keeps a vector per training sample, reads indices and a further input, and shows its memory after the step.</summary>
[Method("sample-memory", Title = "Memory", Paper = "none", Summary = "samples remembered")]
internal sealed class MemoryMethod(SampleOptions options) : Method<SampleOptions>(options)
{
    private Tensor? _memory;

    public override void Bind(MethodBinding binding) =>
        _memory = AddBuffer("bank_memory", Aten.Zeros([binding.SampleLabels.Count, binding.StudentShape(0)[0]]));

    public override int SavedSamples(IReadOnlyDictionary<string, Tensor> state) => (int)state["bank_memory"].Size(0);

    public override MethodLoss Loss(StepInput step)
    {
        Tensor loss = (step.Features[0].Student * _memory!.IndexSelect(0, step.Indices)).Sum() + step.Inputs["bonus"].Sum();
        using (GradMode.Disable())
            _memory.IndexCopy_(0, step.Indices, step.Features[0].Teacher);
        return new MethodLoss(loss) { Outputs = new Dictionary<string, Tensor> { ["memory"] = _memory } };
    }
}

/// <summary>Reads what is known of the teacher beside its outputs: its classifier and the norm before a tap.</summary>
[Method("sample-facts", Title = "Facts", Paper = "none", Summary = "the teacher's classifier and norms")]
internal sealed class TeacherFactsMethod(SampleOptions options) : Method<SampleOptions>(options)
{
    private MethodBinding? _binding;

    public override void Bind(MethodBinding binding)
    {
        _binding = binding;
        AddBuffer("margin", binding.Teacher.Norms["0"].Bias! - binding.Teacher.Norms["0"].Weight!);
    }

    public override MethodLoss Loss(StepInput step) =>
        _binding!.Teacher.Classifier!.Forward(step.Features[0].Student.Mean([2, 3])).Sum() * _binding.Teacher.Classes;
}

/// <summary>A connector that learns, and a head that is frozen but in its stage.</summary>
[Method("sample-stages", Title = "Stages", Paper = "none", Summary = "a stage before the student's")]
internal sealed class StagedMethod(SampleOptions options) : Method<SampleOptions>(options)
{
    private Linear? _connector, _head;

    public override IReadOnlyList<MethodStage> Stages => [new("head", 1, 0.1, 0, _head!, HeadLoss)];

    public override void Bind(MethodBinding binding)
    {
        int student = (int)binding.StudentShape(0)[0], teacher = (int)binding.TeacherShape(0)[0];
        _connector = Add("connector", new Linear(student, teacher, bias: false));
        _head = Add("head", new Linear(teacher, teacher, bias: false));
        _head.RequireGrad(false);
    }

    public override MethodLoss Loss(StepInput step) => _connector!.Forward(step.Features[0].Student).Sum() * (IsTraining ? 1 : 2);

    private MethodLoss HeadLoss(StepInput step)
    {
        Tensor output = _head!.Forward(step.Features[0].Teacher);
        return new MethodLoss(output.Sum()) { Outputs = new Dictionary<string, Tensor> { ["reconstruction"] = output } };
    }
}
