using System.CommandLine;

namespace Retort.Cli.Commands;

/// <summary>An option that takes a value of an enumeration by its name in lower case, as recipes do, and not by its number.</summary>
internal class ChoiceOption<T> : Option<string>
    where T : struct, Enum
{
    private static readonly T[] Values = Enum.GetValues<T>();

    /// <summary>Makes the option.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="usual">What holds where it is left out.</param>
    public ChoiceOption(string name, T usual)
        : base(name)
    {
        string[] names = [.. Values.Select(NameOf)];
        HelpName = string.Join('|', names);
        DefaultValueFactory = _ => NameOf(usual);
        CompletionSources.Add(names);
        Validators.Add(option =>
        {
            if (option.Tokens is [var given] && !names.Contains(given.Value))
                option.AddError($"{name} takes {string.Join(", ", names[..^1])} or {names[^1]}, not '{given.Value}'.");
        });
    }

    /// <summary>The value that a command line names.</summary>
    public T Of(ParseResult line) => Array.Find(Values, value => NameOf(value) == line.GetValue(this));

    private static string NameOf(T value) => value.ToString().ToLowerInvariant();
}
