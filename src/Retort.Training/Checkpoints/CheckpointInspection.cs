using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Torch.TorchScript;
using Retort.Vision.Models;

namespace Retort.Training.Checkpoints;

/// <summary>What a file of saved tensors holds, and what of it a model takes. No element is read but those of a TorchScript network, which is loaded: that may run its code.</summary>
public sealed record CheckpointInspection
{
    /// <summary>How the file stores them; null for a TorchScript network.</summary>
    public CheckpointFormat? Format { get; private init; }

    /// <summary>The key in the file under which they are; null: at the top.</summary>
    public string? Key { get; private init; }

    /// <summary>What was taken off the front of every name; empty: nothing.</summary>
    public string Prefix { get; private init; } = "";

    /// <summary>Texts of the file's header, by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>Entries that are no tensors, or were left out.</summary>
    public IReadOnlyList<string> LeftOut { get; private init; } = [];

    /// <summary>Element types and shapes by name, in the order of the file.</summary>
    public required IReadOnlyDictionary<string, (DType Type, IReadOnlyList<long> Shape)> Tensors { get; init; }

    /// <summary>Of a TorchScript network, its modules' classes by path; these can be tapped. Else empty.</summary>
    public IReadOnlyDictionary<string, string> Modules { get; private init; } = new Dictionary<string, string>();

    /// <summary>For how many classes the model was made to compare with it; 0 without a model.</summary>
    public int Classes { get; private init; }

    /// <summary>What the model takes of it; null without a model.</summary>
    public StateDictComparison? Comparison { get; private init; }

    /// <summary>Shapes of the model by name; empty without a model.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Expected { get; private init; } = new Dictionary<string, IReadOnlyList<long>>();

    /// <summary>Looks into a file.</summary>
    /// <param name="path">A <c>.pth</c>, <c>.pt</c> or <c>.safetensors</c> file, the index of several, or a checkpoint's folder.</param>
    /// <param name="options">Where in the file the tensors are, and what is renamed before they are compared.</param>
    /// <param name="model">The model to compare with; null: none.</param>
    /// <param name="models">The models that there are; those of Retort by default.</param>
    /// <exception cref="RetortException">The file cannot be read, or there is no such model.</exception>
    public static CheckpointInspection Read(string path, StateDictOptions? options = null, string? model = null, ModelRegistry? models = null)
    {
        path = CheckpointLoader.FileOf(path);
        ModelEntry? entry = model is null ? null : (models ?? ModelRegistry.Default).Find(model);
        if (TorchScriptModule.IsTorchScript(path))
            return OfScript(path);
        using Network? trial = entry?.Create(1);
        using StateDictFile file = StateDictReader.Open(path, trial is null ? options : CheckpointLoader.For(trial, options));
        var inspection = new CheckpointInspection
        {
            Format = file.Format, Key = file.Key, Prefix = file.Prefix, Metadata = file.Metadata, LeftOut = file.Ignored,
            Tensors = new OrderedDictionary<string, (DType, IReadOnlyList<long>)>(
                file.Tensors.Select(tensor => KeyValuePair.Create(tensor.Key, (tensor.Value.DType, tensor.Value.Shape)))),
        };
        if (trial is null)
            return inspection;
        Dictionary<string, IReadOnlyList<long>> saved = file.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Shape);
        int classes = CheckpointLoader.ClassesOf(trial, saved) ?? entry!.UsualClasses;
        using Network network = entry!.Create(classes);
        IReadOnlyDictionary<string, IReadOnlyList<long>> expected = StateDictComparison.ShapesOf(network);
        return inspection with { Classes = classes, Expected = expected, Comparison = new StateDictComparison(expected, saved) };
    }

    private static CheckpointInspection OfScript(string path)
    {
        using var scope = new TensorScope();
        using TorchScriptModule module = TorchScriptModule.Load(path, Device.Cpu);
        return new CheckpointInspection
        {
            Tensors = new OrderedDictionary<string, (DType, IReadOnlyList<long>)>(
                module.State().Select(tensor => KeyValuePair.Create(tensor.Key, (tensor.Value.DType, (IReadOnlyList<long>)tensor.Value.Shape)))),
            Modules = module.Parts(),
        };
    }
}
