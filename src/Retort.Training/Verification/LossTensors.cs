using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Training.Verification;

/// <summary>
/// The inputs of a loss case, and the two networks that they stand for: their taps are named "0", "1", ..., pair K compares tap K with tap
/// K. A side that the case leaves out looks like the other one. What the case knows of a network beside its outputs (the teacher's
/// classifier, its batch norms) is given to the method as it would be in training.
/// </summary>
internal sealed class LossTensors : IDisposable
{
    private const string Student = "student.", Teacher = "teacher.", Logits = "logits", Features = "features.", Labels = "labels";
    private const string Input = "input.", Indices = "indices", Classifier = "classifier", Norms = "bn.", Weight = ".weight", Bias = ".bias";

    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly Dictionary<string, Tensor> _inputs = [];
    private readonly List<Module> _modules = [];
    private readonly GoldenCase _case;
    private readonly int _pairs;

    public LossTensors(GoldenCase @case)
    {
        _case = @case;
        foreach (string name in @case.Names)
        {
            if (name is Labels or Student + Logits or Teacher + Logits || IsFeature(name, Student) || IsFeature(name, Teacher))
                _tensors[name] = @case.Load(name);
            else if (name.StartsWith(Input, StringComparison.Ordinal))
                _inputs[name[Input.Length..]] = _tensors[name] = @case.Load(name);
            else if (!name.StartsWith("param.", StringComparison.Ordinal) && !name.StartsWith(GoldenCase.Expectation, StringComparison.Ordinal))
                throw new UnknownInCaseException("tensor", name, ["student.*", "teacher.*", "labels", "param.*", "input.*", "expect.*"]);
        }

        int ofStudent = CountFeatures(Student), ofTeacher = CountFeatures(Teacher);
        if (ofStudent != ofTeacher && ofStudent != 0 && ofTeacher != 0)
            throw @case.Description.Wrong("features", $"are {ofStudent} of the student and {ofTeacher} of the teacher");
        _pairs = Math.Max(ofStudent, ofTeacher);
    }

    /// <summary>What methods may read and the case does not have.</summary>
    public IReadOnlyList<string> Absent =>
    [
        .. ((string[])[Student + Logits, Teacher + Logits, $"{Student}{Features}0", $"{Teacher}{Features}0", Labels, Input + Indices]).Where(name => Find(name) is null),
    ];

    /// <summary>An input by its name in the case; null where there is none.</summary>
    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Makes the inputs of these names leaves of the graph; others, such as parameters, are passed over.</summary>
    public void RequireGrad(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (_tensors.TryGetValue(name, out Tensor? tensor) && tensor.DType.IsFloatingPoint())
                tensor.RequiresGrad = true;
        }
    }

    /// <summary>What the method is bound to.</summary>
    /// <param name="samples">Training samples that the saved state of the method tells of.</param>
    public MethodBinding Binding(int samples) => new()
    {
        Student = Shape(Student, Teacher),
        Teacher = Shape(Teacher, Student) with { Classifier = MakeClassifier(), Norms = MakeNorms() },
        Pairs = [.. Enumerable.Range(0, _pairs).Select(k => new TapPair($"{k}", $"{k}"))],
        SampleLabels = new int[samples],
    };

    /// <summary>What the method gets. A tensor that the case leaves out is empty.</summary>
    public StepInput Step() => new()
    {
        StudentLogits = OrEmpty(Student + Logits, DType.Float32),
        TeacherLogits = OrEmpty(Teacher + Logits, DType.Float32),
        Features = [.. Enumerable.Range(0, _pairs).Select(k => new FeaturePair(
            OrEmpty($"{Student}{Features}{k}", DType.Float32), OrEmpty($"{Teacher}{Features}{k}", DType.Float32)))],
        Labels = OrEmpty(Labels, DType.Int64),
        Indices = OrEmpty(Input + Indices, DType.Int64),
        Inputs = _inputs,
    };

    public void Dispose()
    {
        foreach (Module module in _modules)
            module.Dispose();
    }

    private static bool IsFeature(string name, string side) =>
        name.StartsWith(side + Features, StringComparison.Ordinal) && int.TryParse(name.AsSpan(side.Length + Features.Length), out _);

    private int CountFeatures(string side)
    {
        int count = _tensors.Keys.Count(name => IsFeature(name, side));
        for (int k = 0; k < count; k++)
        {
            if (Find($"{side}{Features}{k}") is not { Rank: >= 2 })
                throw _case.Description.Wrong($"{side}{Features}{k}", "is missing or has less than 2 dimensions");
        }

        return count;
    }

    private NetworkShape Shape(string side, string other)
    {
        Tensor? logits = Find(side + Logits) ?? Find(other + Logits);
        string of = CountFeatures(side) > 0 ? side : other;
        return new NetworkShape
        {
            Name = $"the case's {side.TrimEnd('.')}",
            Classes = logits is { Rank: >= 2 } ? (int)logits.Size(1) : 0,
            Taps = new OrderedDictionary<string, long[]>(
                Enumerable.Range(0, _pairs).Select(k => KeyValuePair.Create($"{k}", Find($"{of}{Features}{k}")!.Shape[1..]))),
        };
    }

    private Linear? MakeClassifier()
    {
        if (!_inputs.TryGetValue(Classifier + Weight, out Tensor? weight))
            return null;
        Tensor? bias = _inputs.GetValueOrDefault(Classifier + Bias);
        var linear = new Linear((int)weight.Size(1), (int)weight.Size(0), bias: bias is not null);
        return Load(linear, weight, bias);
    }

    private Dictionary<string, BatchNorm> MakeNorms()
    {
        Dictionary<string, BatchNorm> norms = [];
        for (int k = 0; k < _pairs; k++)
        {
            if (_inputs.TryGetValue($"{Norms}{k}{Weight}", out Tensor? weight))
            {
                norms[$"{k}"] = Load(
                    new BatchNorm2d((int)weight.Count, trackRunningStats: false), weight, _inputs.GetValueOrDefault($"{Norms}{k}{Bias}"));
            }
        }

        return norms;
    }

    private T Load<T>(T module, Tensor weight, Tensor? bias)
        where T : Module
    {
        _modules.Add(module);
        Dictionary<string, Tensor> state = new() { ["weight"] = weight };
        if (bias is not null)
            state["bias"] = bias;
        module.LoadState(state);
        module.RequireGrad(false);
        return module;
    }

    private Tensor OrEmpty(string name, DType type) => Find(name) ?? Aten.Empty([0], type);
}
