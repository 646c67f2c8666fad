using System.Text;

namespace Retort.Cli.Completion;

/// <summary>Completion for fish, with what commands and options do beside them.</summary>
internal static class FishScript
{
    private const string Recipes = """
        function __retort_recipes
          set -l word (commandline -ct)
          set -l paths $word*/ $word*.yaml $word*.yml
          for path in $paths
            echo $path
          end
        end


        """;

    public static string Of(CompletionNode program)
    {
        CompletionNode[] commands = [.. program.All];
        var text = new StringBuilder();
        text.Append("# fish completion of retort: retort completion fish > ~/.config/fish/completions/retort.fish\n");
        text.Append("function __retort_at\n  set -l command retort\n  for word in (commandline -opc)[2..-1]\n    switch \"$command $word\"\n");
        text.Append($"      case {string.Join(' ', commands.Skip(1).Select(command => Quoted(command.Path)))}\n");
        text.Append("        set command \"$command $word\"\n    end\n  end\n  test \"$command\" = \"$argv\"\nend\n\n");
        text.Append(Recipes).Append("complete -c retort -e\ncomplete -c retort -f\n");
        foreach (CompletionNode command in commands)
        {
            string at = $"complete -c retort -n {Quoted($"__retort_at {command.Path}")}";
            foreach (CompletionNode inner in command.Commands)
                text.Append($"{at} -a {inner.Name} -d {Quoted(inner.Description)}\n");
            foreach (CompletionOption option in command.Options)
                text.Append($"{at}{string.Concat(option.Names.Select(Name))}{(option.Values is { } values ? $" -r{Values(values)}" : "")} -d {Quoted(option.Description)}\n");
            if (command.Commands.Count == 0 && command.Argument is { } argument)
                text.Append($"{at}{Values(argument)}\n");
        }

        return text.ToString();
    }

    private static string Name(string name) => name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}" : $" -s {name[1..]}";

    private static string Values(CompletionValues values)
    {
        string words = string.Join(' ', values.Words);
        string paths = values.Paths switch
        {
            PathKind.Folder => "(__fish_complete_directories)",
            PathKind.Recipe => "(__retort_recipes)",
            _ => "",
        };
        return (values.Paths == PathKind.File ? " -F" : " -f")
            + (words.Length + paths.Length > 0 ? $" -a {Quoted($"{words} {paths}".Trim())}" : "");
    }

    private static string Quoted(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
