using System.CommandLine;
using Retort.Cli.Json;
using Retort.Vision.Augmentation;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort list normalizations</c>: the presets that a recipe's 'data.normalization' can name.</summary>
internal sealed class ListNormalizationsCommand : CliCommand
{
    private readonly JsonOption _json = new();

    public ListNormalizationsCommand()
        : base("normalizations", "List the presets of mean and deviation.", "retort list normalizations") => Add(_json);

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, Normalization.Presets.Select(preset => new { Name = preset.Key, preset.Value.Mean, Std = preset.Value.Deviation }));
            return ExitCode.Success;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey).AddColumn("preset").AddColumn("mean").AddColumn("std");
        foreach ((string name, Normalization preset) in Normalization.Presets)
            table.AddRow(new Text(name), new Text(string.Join(", ", preset.Mean)), new Text(string.Join(", ", preset.Deviation)));
        terminal.Console.Write(table);
        return ExitCode.Success;
    }
}
