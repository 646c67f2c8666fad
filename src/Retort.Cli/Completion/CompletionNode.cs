using System.CommandLine;

namespace Retort.Cli.Completion;

/// <summary>A command as a shell completes it: the commands, options and values that can follow.</summary>
/// <param name="Path">As it is typed: "retort list models".</param>
/// <param name="Commands">The commands below it; empty for one that does something itself.</param>
/// <param name="Options">Its options, and those that all commands have.</param>
/// <param name="Argument">What it takes besides; null: nothing.</param>
internal sealed record CompletionNode(
    string Path, IReadOnlyList<CompletionNode> Commands, IReadOnlyList<CompletionOption> Options, CompletionValues? Argument)
{
    /// <summary>The last word of <see cref="Path"/>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>This command and all below it, from the top.</summary>
    public IEnumerable<CompletionNode> All => [this, .. Commands.SelectMany(command => command.All)];

    /// <summary>Reads the commands of the program.</summary>
    public static CompletionNode Of(RootCommand program) => Of(program, "retort", []);

    private static CompletionNode Of(Command command, string path, IReadOnlyList<Option> inherited)
    {
        Option[] recursive = [.. inherited, .. command.Options.Where(option => option.Recursive)];
        return new CompletionNode(
            path,
            [.. command.Subcommands.Where(inner => !inner.Hidden).Select(inner => Of(inner, $"{path} {inner.Name}", recursive))],
            [.. command.Options.Concat(inherited).Where(option => !option.Hidden).Select(CompletionOption.Of)],
            command.Arguments.Count > 0 ? CompletionValues.Of(command.Arguments[0]) : null)
        {
            Name = path[(path.LastIndexOf(' ') + 1)..], Description = command.Description ?? "",
        };
    }
}
