using System.CommandLine;

namespace Retort.Cli.Commands;

/// <summary><c>--set</c>: values in place of those of a recipe's file.</summary>
internal sealed class SetOption : Option<string[]>
{
    /// <summary>Makes the option.</summary>
    /// <param name="description">What is set, with an example.</param>
    public SetOption(string description = "Set a value of the recipe, as train.epochs=20")
        : base("--set")
    {
        Description = $"{description}; may be given more than once.";
        HelpName = "key=value";
    }

    /// <summary>The settings of a command line, in order; none where it has none.</summary>
    public string[] Of(ParseResult line) => line.GetValue(this) ?? [];
}
