using Retort.Training.Checkpoints;

namespace Retort.Cli.Json;

/// <summary>What a checkpoint holds.</summary>
internal static class InspectionJson
{
    public static object Of(string path, CheckpointInspection inspection, string? model) => new
    {
        File = path,
        Format = (object?)inspection.Format ?? "torchscript",
        inspection.Key, inspection.Prefix, inspection.LeftOut,
        Metadata = inspection.Metadata.Select(entry => new { entry.Key, entry.Value }),
        Tensors = inspection.Tensors.Select(tensor => new { Name = tensor.Key, Dtype = tensor.Value.Type, tensor.Value.Shape }),
        Modules = inspection.Modules.Select(module => new { Path = module.Key, Class = module.Value }),
        Comparison = inspection.Comparison is not { } comparison ? null : new
        {
            Model = model, inspection.Classes, comparison.Fits, Matching = comparison.Matching.Count, comparison.Unexpected,
            Missing = comparison.Missing.Select(name => new { Name = name, Shape = inspection.Expected[name], Near = comparison.NearTo(name) }),
            Misshapen = comparison.Misshapen.Select(name => new { Name = name, inspection.Tensors[name].Shape, Expected = inspection.Expected[name] }),
        },
    };
}
