using System.CommandLine;
using Retort.Cli.Json;
using Retort.Distillation;
using Retort.Distillation.Options;
using Spectre.Console;

namespace Retort.Cli.Commands;

/// <summary><c>retort show METHOD</c>: what a method is and which options it has.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _method = new("method") { Description = "As `retort list methods` names it.", HelpName = "method" };
    private readonly PluginOption _plugins = new();
    private readonly JsonOption _json = new();

    public ShowCommand()
        : base("show", "Show a distillation method: paper, options, defaults, ranges.", "retort show kd")
    {
        Add(_method);
        _method.CompletionSources.Add(_ => MethodRegistry.Default.Entries.Select(entry => entry.Name));
        Add(_plugins);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        MethodEntry entry = _plugins.Of(line).Methods.Find(line.GetValue(_method)!);
        if (line.GetValue(_json))
        {
            JsonOutput.Write(terminal, new
            {
                entry.Name, entry.Title, entry.Paper, Matches = entry.Summary, entry.TrainsTeacher, entry.Weight, entry.CrossEntropy,
                Options = OptionsSchema.Describe(entry.OptionsType).Select(OptionJson.Of),
            });
            return ExitCode.Success;
        }

        IAnsiConsole console = terminal.Console;
        console.WriteLine($"{entry.Title} ({entry.Name}), {entry.Paper}");
        console.WriteLine($"Matches {entry.Summary}.");
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("option", c => c.NoWrap()).AddColumn("default", c => c.NoWrap()).AddColumn("allowed").AddColumn("meaning");
        foreach (OptionDescription option in OptionsSchema.Describe(entry.OptionsType))
            table.AddRow(new Text(option.Key), new Text(option.DefaultText), new Text(option.Allowed), new Text(option.Summary));
        console.Write(table);
        console.WriteLine(entry.TrainsTeacher
            ? $"In a recipe:\nteacher:\n  model: ...\n  {entry.Name}: {{}}"
            : $"In a recipe{(entry.Weight is null ? "" : ", with its usual weight")}:\n"
                + FormattableString.Invariant($"distill:\n  - ce: {entry.CrossEntropy}\n  - {entry.Name}: {{weight: {entry.Weight ?? 1}}}")
                + (entry.Weight == 0 ? "   # it acts in its own stage, before the student's" : ""));
        return ExitCode.Success;
    }
}
