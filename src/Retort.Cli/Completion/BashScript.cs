using System.Text;

namespace Retort.Cli.Completion;

/// <summary>Completion for bash: one function that knows the commands by heart, so that no program is started at the touch of a key.</summary>
internal static class BashScript
{
    private const string Begin = """
        # bash completion of retort: eval "$(retort completion bash)" in ~/.bashrc
        _retort_words() { COMPREPLY+=($(compgen -W "$1" -- "$current")); }

        _retort_paths() {
          local path
          compopt -o filenames 2>/dev/null
          while IFS= read -r path; do COMPREPLY+=("$path"); done < <(
            case $1 in
              folder) compgen -d -- "$current" ;;
              file) compgen -f -- "$current" ;;
              recipe) compgen -d -- "$current"; compgen -f -X '!*.yaml' -- "$current"; compgen -f -X '!*.yml' -- "$current" ;;
            esac
          )
        }

        _retort() {
          local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=retort i
          # --option=value comes as three words.
          if [[ $current == = ]]; then current=''; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
          COMPREPLY=()

        """;

    public static string Of(CompletionNode program)
    {
        var text = new StringBuilder(Begin);
        CompletionNode[] commands = [.. program.All];
        text.Append("  for ((i = 1; i < COMP_CWORD; i++)); do\n    case \"$command ${COMP_WORDS[i]}\" in\n");
        text.Append($"      {string.Join(" | ", commands.Skip(1).Select(command => $"'{command.Path}'"))}) command+=\" ${{COMP_WORDS[i]}}\" ;;\n");
        text.Append("    esac\n  done\n  case \"$command $previous\" in\n");
        foreach (CompletionNode command in commands)
        {
            foreach (CompletionOption option in command.Options.Where(option => option.Values is not null))
                text.Append($"    {string.Join(" | ", option.Names.Select(name => $"'{command.Path} {name}'"))}) {Values(option.Values!)}return ;;\n");
        }

        text.Append("  esac\n  if [[ $current == -* ]]; then\n    case $command in\n");
        foreach (CompletionNode command in commands)
            text.Append($"      '{command.Path}') _retort_words '{string.Join(' ', command.Options.SelectMany(option => option.Names))}' ;;\n");
        text.Append("    esac\n    return\n  fi\n  case $command in\n");
        foreach (CompletionNode command in commands)
        {
            string values = command.Commands.Count > 0 ? $"_retort_words '{string.Join(' ', command.Commands.Select(inner => inner.Name))}'; "
                : command.Argument is { } argument ? Values(argument)
                : "";
            if (values.Length > 0)
                text.Append($"    '{command.Path}') {values};;\n");
        }

        return text.Append("  esac\n}\n\ncomplete -F _retort retort\n").ToString();
    }

    private static string Values(CompletionValues values) =>
        (values.Words.Count > 0 ? $"_retort_words '{string.Join(' ', values.Words)}'; " : "")
        + (values.Paths is { } paths ? $"_retort_paths {paths.ToString().ToLowerInvariant()}; " : "");
}
