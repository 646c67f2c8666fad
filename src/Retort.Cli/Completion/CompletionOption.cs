using System.CommandLine;

namespace Retort.Cli.Completion;

/// <summary>An option as a shell completes it.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Aliases">Other names, with their dashes.</param>
/// <param name="Description">What it does, a sentence.</param>
/// <param name="Values">What follows it; null for a switch, which nothing follows.</param>
internal sealed record CompletionOption(string Name, IReadOnlyList<string> Aliases, string Description, CompletionValues? Values)
{
    /// <summary>All names.</summary>
    public IReadOnlyList<string> Names => [Name, .. Aliases];

    public static CompletionOption Of(Option option) => new(
        option.Name, [.. option.Aliases.Where(alias => alias.StartsWith('-') && char.IsAsciiLetter(alias[^1]))], option.Description ?? "",
        option.ValueType == typeof(bool) || option.ValueType == typeof(void) ? null : CompletionValues.Of(option));
}
