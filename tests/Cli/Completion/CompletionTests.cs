using System.CommandLine;
using Retort.Cli.Commands;
using Retort.Cli.Completion;
using Retort.Distillation;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Runs;
using Retort.Vision.Models;

namespace Retort.Tests.Cli.Completion;

public sealed class CompletionTests : InTemporaryFolder
{
    private static readonly (string Line, string[] Expected)[] Lines =
    [
        ("retort tr", ["train"]),
        ("retort list m", ["methods", "models"]),
        ("retort recipe ", ["check", "schema", "show"]),
        ("retort show ns", ["nst"]),
        ("retort data ", ["fetch", "info", "make"]),
        ("retort data make --im", ["--image-seed"]),
        ("retort compare recipes/demo.yaml --methods pl", ["plain"]),
        ("retort compare recipes/demo.yaml --methods k", ["kd", "kdsvd"]),
        ("retort completion ", ["bash", "fish", "zsh"]),
        ("retort train --o", ["--on-nan", "--out", "--overwrite"]),
        ("retort train --on-nan ", ["rollback", "stop"]),
        ("retort train rec", ["recipes/"]),
        ("retort train recipes/", ["recipes/cifar10/", "recipes/demo.yaml"]),
        ("retort train recipes/cifar10/k", ["recipes/cifar10/kd.yaml"]),
        ("retort train recipes/demo.yaml --device ", ["cpu", "cuda"]),
        ("retort train recipes/demo.yaml --out rec", ["recipes/"]),
        ("retort train recipes/demo.yaml --set ", []),
        ("retort eval runs --model MobileNetV", ["MobileNetV2"]),
        ("retort eval runs --precision ", ["auto", "bf16", "fp32"]),
        ("retort eval runs --normalization rep", ["repdistiller"]),
        ("retort export runs --quantize ", ["int8"]),
        ("retort export runs --calibration m", ["minmax", "mse"]),
        ("retort recipe schema -o s", ["student.pth"]),
        ("retort version ", []),
    ];

    public CompletionTests()
    {
        Directory.CreateDirectory(In("recipes", "cifar10"));
        foreach (string file in (string[])["student.pth", "recipes/demo.yaml", "recipes/notes.txt", "recipes/cifar10/kd.yaml"])
            File.WriteAllText(In(file), "");
    }

    [Fact]
    public void Bash_completes_commands_options_and_values()
    {
        // What bash does at the touch of the tab key, word by word; it marks folders itself.
        const string complete = """
            source "$1"
            while IFS= read -r line; do
              read -ra COMP_WORDS <<<"$line"
              [[ $line == *' ' ]] && COMP_WORDS+=('')
              COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
              $(complete -p retort | sed 's/.*-F \([^ ]*\) .*/\1/')
              for reply in "${COMPREPLY[@]}"; do [[ -d $reply ]] && reply+=/; printf '%s|' "$reply"; done
              echo
            done <"$2"
            """;
        AssertCompletes(Run("bash", "-c", complete, "bash", Script("bash"), LinesFile()));
        Assert.Equal(["fp32"], Run("bash", "-c", """
            source "$1"; COMP_WORDS=(retort eval runs --precision = f) COMP_CWORD=5; _retort; echo "${COMPREPLY[*]}"
            """, "bash", Script("bash")));
    }

    [ProgramFact("fish")]
    public void Fish_completes_commands_options_and_values()
    {
        const string complete = """
            source $argv[1]
            while read --line line
              echo (complete -C "$line" | string replace -r '\t.*' '' | sort -u | string join '|')
            end <$argv[2]
            """;
        AssertCompletes(Run("fish", "-N", "-c", complete, Script("fish"), LinesFile()));
    }

    [ProgramFact("zsh")]
    public void Zsh_completes_commands_options_and_values()
    {
        // The functions of zsh's completion system that the script calls, saying what they are called with.
        const string complete = """
            compdef() { true }
            compadd() { shift; print -l -- ${(M)@:#$current*} }
            _describe() { local word; for word in ${(P)@[-1]}; do [[ $word == $current* ]] && print -- ${word%%:*}; done }
            _files() { case $1 in (-/) print -l -- $current*(N/M);; (-g) print -l -- $current*(N/M) $current$~2(N);; (*) print -l -- $current*(NM);; esac }
            source $1
            while IFS= read -r line; do
              words=(${=line}); [[ $line == *' ' ]] && words+=('')
              CURRENT=$#words
              print -n -- "${(j:|:)${(f)"$(_retort)"}}"; print
            done <$2
            """;
        AssertCompletes(Run("zsh", "-f", "-c", complete, "zsh", Script("zsh"), LinesFile()));
    }

    [Fact]
    public void Every_command_option_method_and_model_is_in_every_script()
    {
        var root = new RootCommand();
        foreach (CliCommand command in AllCommands.Create())
            root.Subcommands.Add(command);
        Assert.Contains("retort eval", CompletionNode.Of(root).All.Select(node => node.Path));
        foreach (string shell in (string[])["bash", "zsh", "fish"])
        {
            string script = File.ReadAllText(Script(shell));
            foreach (CompletionNode node in CompletionNode.Of(root).All.Skip(1))
            {
                Assert.Contains($"'{node.Path}'", script);
                foreach (CompletionOption option in node.Options)
                    Assert.Contains(shell == "fish" ? $" -l {option.Name[2..]} " : option.Name, script);
            }

            Assert.All(MethodRegistry.Default.Entries, method => Assert.Matches($@"[ ']{method.Name}[ ']", script));
            Assert.All(ModelRegistry.Default.Entries, model => Assert.Matches($@"[ ']{model.Name}[ ']", script));
        }
    }

    [Fact]
    public void A_value_that_is_a_path_is_completed_as_one()
    {
        var root = new RootCommand();
        foreach (CliCommand command in AllCommands.Create())
            root.Subcommands.Add(command);
        CompletionNode[] commands = [.. CompletionNode.Of(root).All];
        string[] free = ["--set", "--seeds", "--jobs", "--nproc", "--shard", "--cores", "--classes", "--batch", "--batches", "--threads", "--mirror", "--rename", "--key", "--calibration-images", "--seed", "--train-images", "--test-images", "--label-noise", "--image-seed", "--images", "--shard-size"]; // numbers and keys: nothing to list
        Assert.All(commands.SelectMany(command => command.Options).Where(option => option.Values is not null && !free.Contains(option.Name)), option =>
            Assert.True(option.Values!.Words.Count > 0 || option.Values.Paths is not null, option.Name));
        Assert.All(commands.Where(command => command.Argument is not null), command =>
            Assert.True(command.Argument!.Words.Count > 0 || command.Argument.Paths is not null, command.Path));
    }

    [Fact]
    public void Another_shell_is_refused() => CommandLine.Run("completion", "csh").Refused(2, "'csh' is no shell that is known here: bash, zsh or fish. See 'retort completion --help'.");

    private static void AssertCompletes(string[] replies)
    {
        Assert.Equal(Lines.Length, replies.Length);
        Assert.All(Lines.Zip(replies), pair => Assert.Equal(
            $"{pair.First.Line}: {string.Join(' ', pair.First.Expected)}",
            $"{pair.First.Line}: {string.Join(' ', pair.Second.Split('|', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))}"));
    }

    private string Script(string shell)
    {
        string file = Path.Combine(Directory.CreateDirectory(In(".scripts")).FullName, $"retort.{shell}");
        File.WriteAllText(file, CommandLine.Run("completion", shell).Done().Output);
        return file;
    }

    private string LinesFile()
    {
        string file = In(".scripts", "lines");
        File.WriteAllText(file, string.Concat(Lines.Select(line => $"{line.Line}\n")));
        return file;
    }

    private string[] Run(string shell, params string[] arguments)
    {
        (int code, string output, string error) = ShellProcess.Run(shell, arguments, Folder);
        Assert.True((code, error) == (0, ""), $"code {code}\n{output}\n{error}");
        return output[..^1].Split('\n');
    }
}
