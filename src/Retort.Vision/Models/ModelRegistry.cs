using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>The models that can be made by name. A new family adds its line to the constructor.</summary>
public sealed class ModelRegistry
{
    private readonly Dictionary<string, ModelEntry> _entries = [];

    private ModelRegistry(params IEnumerable<ModelEntry>[] families)
    {
        foreach (ModelEntry entry in families.SelectMany(family => family))
            _entries.Add(entry.Name, entry);
    }

    /// <summary>Every model that comes with Retort.</summary>
    public static ModelRegistry Default { get; } = new(
        CifarResNet.Models, WideResNet.Models, CifarVgg.Models, CifarMobileNetV2.Models, ShuffleNetV1.Models, ShuffleNetV2.Models,
        CifarResNet50.Models, ResNet.Models, MobileNetV1.Models, MobileNetV2.Models, VisionTransformer.Models);

    /// <summary>All entries, in the order of their families.</summary>
    public IReadOnlyCollection<ModelEntry> Entries => _entries.Values;

    /// <summary>Makes a newly initialised network (from the default generator: <see cref="TorchRuntime.Seed"/>).</summary>
    /// <exception cref="UnknownNameException">There is no such model.</exception>
    public Network Create(string name, int classes) => Find(name).Create(classes);

    /// <summary>The entry of a model.</summary>
    /// <exception cref="UnknownNameException">There is no such model.</exception>
    public ModelEntry Find(string name) => _entries.TryGetValue(name, out ModelEntry? entry)
        ? entry
        : throw new UnknownNameException("model", name, _entries.Keys, "retort list models");
}
