using System.Globalization;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Spectre.Console;

namespace Retort.Cli.Progress;

/// <summary>What a checkpoint holds: its tensors with their shapes, and what a model makes of each.</summary>
internal static class InspectionTable
{
    public static void Write(Terminal terminal, string path, CheckpointInspection inspection, string? model)
    {
        Table table = Columns("tensor", "type", "shape");
        if (inspection.Comparison is not null)
            table.AddColumn(new TableColumn(new Text(model!)).NoWrap());
        foreach ((string name, (DType type, IReadOnlyList<long> shape)) in inspection.Tensors)
            table.AddRow([new Text(Printable(name)), new Text($"{type}"), new Text(Shape(shape)), .. Verdict(inspection, name)]);
        terminal.Console.Write(table);

        if (inspection.Modules.Count > 0)
        {
            Table modules = Columns("module", "class");
            foreach ((string module, string type) in inspection.Modules)
                modules.AddRow(new Text(Printable(module)), new Text(Printable(type)));
            terminal.Console.Write(modules);
        }

        foreach (string line in Lines(path, inspection, model))
            terminal.Output.WriteLine(line);
    }

    private static IEnumerable<string> Lines(string path, CheckpointInspection inspection, string? model)
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"{path}: {Title(inspection)}, {inspection.Tensors.Count} tensors, {Values(inspection):N0} values, {Bytes(inspection) / 1e6:F2} MB");
        if (inspection.Format is null)
            yield return "It is a program, and was loaded to be listed, which may run its code: open only files from who you trust.";
        if (inspection.Key is { } key)
            yield return $"under the key: {Printable(key)}";
        if (inspection.Prefix.Length > 0)
            yield return $"taken off the front of all names: {Printable(inspection.Prefix)}";
        if (inspection.LeftOut.Count > 0)
            yield return $"left out: {Printable(string.Join(", ", inspection.LeftOut))}";
        foreach ((string name, string text) in inspection.Metadata)
            yield return Printable($"metadata {name}: {text}");
        if (inspection.Comparison is not { } comparison)
            yield break;
        yield return $"{model} with {inspection.Classes} classes: {comparison.Matching.Count} match, {comparison.Missing.Count} missing, "
            + $"{comparison.Unexpected.Count} unexpected, {comparison.Misshapen.Count} of another shape";
        foreach (string name in comparison.Missing)
        {
            string question = NearestName.Question(comparison.NearTo(name));
            yield return Printable($"missing: {name} {Shape(inspection.Expected[name])}{(question.Length > 0 ? $"  {question}" : "")}");
        }
    }

    private static Text[] Verdict(CheckpointInspection inspection, string name) =>
        inspection.Comparison is not { } comparison ? []
        : inspection.Expected.GetValueOrDefault(name) is not { } expected ? [new Text("unexpected", Color.Yellow)]
        : comparison.Misshapen.Contains(name) ? [new Text($"must be {Shape(expected)}", Color.Yellow)]
        : [new Text("matches")];

    private static Table Columns(params string[] names)
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey);
        foreach (string name in names)
            table.AddColumn(new TableColumn(new Text(name)).NoWrap());
        return table;
    }

    private static string Title(CheckpointInspection inspection) => inspection.Format switch
    {
        null => "a TorchScript network",
        CheckpointFormat.Safetensors => "safetensors",
        CheckpointFormat.SafetensorsIndex => "safetensors in shards",
        CheckpointFormat.PytorchZip => "torch.save",
        _ => "torch.save before 1.6",
    };

    private static long Values(CheckpointInspection inspection) => inspection.Tensors.Values.Sum(Count);

    private static double Bytes(CheckpointInspection inspection) => inspection.Tensors.Values.Sum(tensor => (double)Count(tensor) * tensor.Type.Size());

    private static long Count((DType Type, IReadOnlyList<long> Shape) tensor) => tensor.Shape.Aggregate(1L, (count, length) => count * length);

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    // Names and texts come out of the file: they must not steer the terminal.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
