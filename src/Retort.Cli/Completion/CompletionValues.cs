using System.CommandLine;
using System.CommandLine.Completions;

namespace Retort.Cli.Completion;

/// <summary>The values of an option or an argument, as far as they can be listed.</summary>
/// <param name="Words">Those that are known beforehand: methods, models, devices.</param>
/// <param name="Paths">Which paths can stand there; null: none.</param>
internal sealed record CompletionValues(IReadOnlyList<string> Words, PathKind? Paths)
{
    // What the help calls a value says what it is.
    private static readonly Dictionary<string, PathKind> PathsByName = new()
    {
        ["recipe"] = PathKind.Recipe, ["data"] = PathKind.Recipe, ["file"] = PathKind.File, ["checkpoint"] = PathKind.File,
        ["file-or-folder"] = PathKind.File, ["folder"] = PathKind.Folder,
    };

    public static CompletionValues Of(Option option) => Of(option, option.HelpName);

    public static CompletionValues Of(Argument argument) => Of(argument, argument.HelpName ?? argument.Name);

    private static CompletionValues Of(Symbol symbol, string? name) => new(
        [.. symbol.GetCompletions(CompletionContext.Empty).Select(item => item.Label)],
        name is not null && PathsByName.TryGetValue(name, out PathKind paths) ? paths : null);
}
