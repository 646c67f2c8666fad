using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>The models that can be made by name. A new family of Retort's adds its line to <see cref="Default"/>.</summary>
/// <example><code>
/// var models = new ModelRegistry([.. ModelRegistry.Default.Entries, new ModelEntry("mynet", 32, classes =&gt; new MyNet(classes))]);
/// </code></example>
public sealed class ModelRegistry
{
    private readonly Dictionary<string, ModelEntry> _entries = [];

    /// <summary>Registers models.</summary>
    /// <param name="entries">As those of Retort and some of your own.</param>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public ModelRegistry(params IEnumerable<ModelEntry> entries)
    {
        foreach (ModelEntry entry in entries)
        {
            if (!_entries.TryAdd(entry.Name, entry))
                throw new ArgumentException($"Two models are registered as \"{entry.Name}\": give one of them another name.", nameof(entries));
        }
    }

    /// <summary>Every model that comes with Retort.</summary>
    public static ModelRegistry Default { get; } = new(
    [
        .. CifarResNet.Models, .. WideResNet.Models, .. CifarVgg.Models, .. CifarMobileNetV2.Models, .. ShuffleNetV1.Models, .. ShuffleNetV2.Models,
        .. CifarResNet50.Models, .. BinaryResNet.Models, .. ResNet.Models, .. MobileNetV1.Models, .. MobileNetV2.Models, .. VisionTransformer.Models,
    ]);

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
