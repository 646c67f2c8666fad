using Retort.Distillation;
using Retort.Torch;

namespace Retort.Training.Verification;

/// <summary>A golden case of a method's loss: the scalar, its gradients, and further outputs.</summary>
internal static class LossCase
{
    public const string Kind = "loss";

    private const string Loss = "loss", Gradient = "grad.", Parameter = "param.";

    public static string Describe(CaseDescription description) =>
        string.Join(", ", ((IEnumerable<string?>)[description.Text("method"), description.TextOr("stage", null), description.TextOr("mode", null)]).OfType<string>());

    public static IReadOnlyList<Check> Run(GoldenCase @case, MethodRegistry methods)
    {
        CaseDescription description = @case.Description;
        MethodEntry entry = methods.Find(description.Text("method"));
        using Method method = entry.Create(description.Options("options"), "options");
        using var tensors = new LossTensors(@case);
        try
        {
            return Run(@case, entry, method, tensors);
        }
        catch (TorchException fault)
        {
            throw description.Misfit(tensors.Absent, fault);
        }
    }

    private static List<Check> Run(GoldenCase @case, MethodEntry entry, Method method, LossTensors tensors)
    {
        CaseDescription description = @case.Description;
        Dictionary<string, Tensor> state = @case.LoadAfter(Parameter);
        method.Bind(tensors.Binding(method.SavedSamples(state)));
        List<string> unset = LoadState(method, state);
        method.Train(description.IsTraining("train"));

        IReadOnlyList<string> expected = @case.NamesAfter(GoldenCase.Expectation);
        List<string> wanted = [.. expected.Where(name => name.StartsWith(Gradient, StringComparison.Ordinal)).Select(name => name[Gradient.Length..])];
        tensors.RequireGrad(wanted);
        Func<StepInput, MethodLoss> loss = method.Loss;
        if (description.TextOr("stage", null) is { } name)
        {
            MethodStage stage = method.Stages.FirstOrDefault(stage => stage.Name == name)
                ?? throw new UnknownInCaseException("stage", name, method.Stages.Select(stage => stage.Name));
            stage.Learner.RequireGrad(true);
            loss = stage.Loss;
        }

        MethodLoss result = loss(tensors.Step());
        Dictionary<string, Tensor> own = method.State().ToDictionary(entry => entry.Key, entry => entry.Value);
        List<Check> checks = [];
        if (expected.Contains(Loss))
            checks.Add(@case.Compare(Loss, result.Value, Loss));
        foreach (string output in expected.Where(name => name != Loss && !name.StartsWith(Gradient, StringComparison.Ordinal)))
        {
            checks.Add(result.Outputs.TryGetValue(output, out Tensor? tensor) || own.TryGetValue(output, out tensor)
                ? @case.Compare(output, tensor, Loss)
                : Check.Wrong(output, $"{entry.Name} gives no such output"));
        }

        Tensor? Source(string name) => name.StartsWith(Parameter, StringComparison.Ordinal)
            ? own.GetValueOrDefault(name[Parameter.Length..])
            : tensors.Find(name);
        checks.AddRange(CompareGradients(@case, result.Value, wanted, Source));
        checks.AddRange(UnsetThatAct(result.Value, unset.Select(name => KeyValuePair.Create(name, own[name]))));
        return checks;
    }

    /// <summary>
    /// Loads the tensors of the case. What it leaves out keeps what binding gave it: margins that follow from a batch norm, modules that are
    /// not part of a stage.
    /// </summary>
    /// <returns>Names of what was left out.</returns>
    private static List<string> LoadState(Method method, Dictionary<string, Tensor> given)
    {
        Dictionary<string, Tensor> whole = new(given);
        List<string> unset = [];
        foreach ((string name, Tensor tensor) in method.State())
        {
            if (whole.TryAdd(name, tensor))
                unset.Add(name);
        }

        method.LoadState(whole);
        return unset;
    }

    private static List<Check> CompareGradients(GoldenCase @case, Tensor loss, List<string> wanted, Func<string, Tensor?> source)
    {
        List<Check> checks = [];
        List<(string Name, Tensor Tensor)> inputs = [];
        foreach (string name in wanted)
        {
            if (source(name) is not { } tensor)
                checks.Add(Check.Wrong(Gradient + name, "there is no such tensor"));
            else if (!tensor.RequiresGrad)
                checks.Add(Check.Wrong(Gradient + name, "the tensor is frozen"));
            else
                inputs.Add((name, tensor));
        }

        Tensor?[] gradients = GradientsOf(loss, [.. inputs.Select(input => input.Tensor)]);
        for (int i = 0; i < gradients.Length; i++)
            checks.Add(@case.Compare(Gradient + inputs[i].Name, gradients[i] ?? inputs[i].Tensor.ZerosLike(), "grad"));
        return checks;
    }

    /// <summary>The loss must not hang on parameters that the case does not give: their values here are random.</summary>
    private static IEnumerable<Check> UnsetThatAct(Tensor loss, IEnumerable<KeyValuePair<string, Tensor>> unset)
    {
        List<KeyValuePair<string, Tensor>> learning = [.. unset.Where(entry => entry.Value.RequiresGrad)];
        Tensor?[] gradients = GradientsOf(loss, [.. learning.Select(entry => entry.Value)]);
        return learning.Where((_, i) => gradients[i] is not null)
            .Select(entry => Check.Wrong(Parameter + entry.Key, "the loss depends on it, and the case does not give it"));
    }

    /// <summary>Gradients of a loss; null where it does not depend on the input, or on nothing that carries a gradient.</summary>
    private static Tensor?[] GradientsOf(Tensor loss, List<Tensor> inputs) => inputs.Count == 0 || !loss.RequiresGrad
        ? new Tensor?[inputs.Count]
        : Gradients.Of([loss], inputs, retainGraph: true, allowUnused: true);
}
