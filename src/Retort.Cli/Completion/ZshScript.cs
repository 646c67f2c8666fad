using System.Text;

namespace Retort.Cli.Completion;

/// <summary>Completion for zsh, with what commands and options do beside them.</summary>
internal static class ZshScript
{
    private const string Begin = """
        #compdef retort
        # zsh completion of retort: eval "$(retort completion zsh)" in ~/.zshrc after compinit, or this as _retort in a folder of $fpath
        _retort() {
          local current=$words[CURRENT] previous=$words[CURRENT-1] command=retort i
          local -a found

        """;

    private const string End = """

        if [[ $funcstack[1] == _retort ]]; then
          _retort
        elif (( $+functions[compdef] )); then
          compdef _retort retort
        fi

        """;

    public static string Of(CompletionNode program)
    {
        var text = new StringBuilder(Begin);
        CompletionNode[] commands = [.. program.All];
        text.Append("  for ((i = 2; i < CURRENT; i++)); do\n    case \"$command $words[i]\" in\n");
        text.Append($"      ({string.Join('|', commands.Skip(1).Select(command => Quoted(command.Path)))}) command+=\" $words[i]\" ;;\n");
        text.Append("    esac\n  done\n  case \"$command $previous\" in\n");
        foreach (CompletionNode command in commands)
        {
            foreach (CompletionOption option in command.Options.Where(option => option.Values is not null))
                text.Append($"    ({string.Join('|', option.Names.Select(name => Quoted($"{command.Path} {name}")))}) {Values(option.Values!)}return ;;\n");
        }

        text.Append("  esac\n  if [[ $current == -* ]]; then\n    case $command in\n");
        foreach (CompletionNode command in commands)
        {
            IEnumerable<string> options = command.Options.SelectMany(option => option.Names.Select(name => Described(name, option.Description)));
            text.Append($"      ({Quoted(command.Path)}) found=({string.Join(' ', options)}); _describe -o option found ;;\n");
        }

        text.Append("    esac\n    return\n  fi\n  case $command in\n");
        foreach (CompletionNode command in commands)
        {
            string values = command.Commands.Count > 0
                ? $"found=({string.Join(' ', command.Commands.Select(inner => Described(inner.Name, inner.Description)))}); _describe command found "
                : command.Argument is { } argument ? Values(argument)
                : "";
            if (values.Length > 0)
                text.Append($"    ({Quoted(command.Path)}) {values};;\n");
        }

        return text.Append("  esac\n}\n").Append(End).ToString();
    }

    private static string Values(CompletionValues values) =>
        (values.Words.Count > 0 ? $"compadd -- {string.Join(' ', values.Words.Select(Quoted))}; " : "")
        + values.Paths switch
        {
            PathKind.File => "_files; ",
            PathKind.Folder => "_files -/; ",
            PathKind.Recipe => "_files -g '*.y(a|)ml'; ",
            _ => "",
        };

    private static string Described(string word, string description) => Quoted($"{word}:{description}");

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
