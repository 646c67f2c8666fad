using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Training.DryRuns;

/// <summary>A module of a method, such as a connector.</summary>
/// <param name="Name">Its name in the method.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Learns">Whether any of them trains with the student; a paraphraser, for one, is frozen by then.</param>
public sealed record MethodPart(string Name, long Parameters, bool Learns)
{
    /// <summary>Its layers in order, with the shapes of their weights: "Conv2d [256, 64, 1, 1]", "BatchNorm2d [256]", "ReLU".</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>The parts of a method that have parameters.</summary>
    /// <param name="method">Bound.</param>
    public static IReadOnlyList<MethodPart> Of(Module method) =>
    [
        .. method.NamedParameters().GroupBy(parameter => parameter.Key.Split('.')[0]).Select(part =>
            new MethodPart(part.Key, part.Sum(parameter => parameter.Value.Count), part.Any(parameter => parameter.Value.RequiresGrad))
            {
                Layers = [.. LayersOf(method, part.Key)],
            }),
    ];

    // Modules without modules of their own; a parameter that stands beside modules is none's.
    private static IEnumerable<string> LayersOf(Module method, string part)
    {
        KeyValuePair<string, Module>[] modules = [.. method.NamedModules().Where(entry => IsIn(entry.Key, part))];
        KeyValuePair<string, Module>[] layers = [.. modules.Where(entry => !modules.Any(other => other.Key.StartsWith(entry.Key + '.', StringComparison.Ordinal)))];
        return
        [
            .. method.NamedParameters().Where(entry => IsIn(entry.Key, part) && !layers.Any(layer => IsIn(entry.Key, layer.Key)))
                .Select(entry => $"{entry.Key.Split('.')[^1]} {Shape(entry.Value)}"),
            .. layers.Select(layer => layer.Value.Parameters() is [{ } weight, ..] ? $"{layer.Value.GetType().Name} {Shape(weight)}" : layer.Value.GetType().Name),
        ];
    }

    private static bool IsIn(string path, string part) => path == part || path.StartsWith(part + '.', StringComparison.Ordinal);

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.Shape)}]";
}
