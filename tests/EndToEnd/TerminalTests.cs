using Retort.Tests.Cli.Support;
using Retort.Tests.Support;

namespace Retort.Tests.EndToEnd;

/// <summary>What the program writes on a real terminal, one of util-linux' <c>script</c>, and elsewhere.</summary>
public sealed class TerminalTests : CliTests
{
    private const string Escape = "\e[", Colour = "\e[38;5;8m", CursorUp = "\e[1A", HideCursor = "\e[?25l", KeypadMode = "\e[?1h\e=";

    [ProgramFact("script")]
    public void On_a_terminal_tables_have_colours() => Assert.Contains(Colour, OnTerminal("retort list normalizations"));

    [ProgramFact("script")]
    public void On_a_terminal_progress_is_a_live_view_and_on_a_build_server_lines()
    {
        string line = $"retort data info {RecipeFile(Tiny)}";
        Assert.Contains(HideCursor, OnTerminal(line));
        string logged = OnTerminal(line, ("CI", "true"));
        Assert.DoesNotContain(HideCursor, logged);
        Assert.DoesNotContain(CursorUp, logged);
        Assert.Contains(Colour, logged);
    }

    [ProgramFact("script")]
    public void Without_colours_wanted_or_a_terminal_that_has_them_there_is_not_one_escape()
    {
        string line = $"retort train {RecipeFile(Tiny)} --overwrite --out {In("run")}; retort list normalizations";
        foreach ((string, string?) setting in ((string, string?)[])[("NO_COLOR", "1"), ("TERM", "dumb")])
        {
            string output = OnTerminal(line, setting);
            Assert.DoesNotContain(Escape, output);
            Assert.Contains("student epoch 2/2 loss", output);
            Assert.Contains("imagenet", output);
        }
    }

    [ProgramFact("script")]
    public void A_document_has_no_colours_on_a_terminal_either() => Assert.DoesNotContain(Escape, OnTerminal("retort list normalizations --json"));

    [Fact]
    public void A_pipe_gets_no_escapes_whatever_the_terminal()
    {
        (int code, string output, string error) = ShellProcess.Bash(
            $"retort train {RecipeFile(Tiny)} --out {In("run")}; retort train missing.yaml; retort --help", Folder, ("TERM", "xterm-256color"), ("NO_COLOR", null));
        Assert.Equal(0, code);
        Assert.Contains("student epoch 2/2 loss", output);
        Assert.StartsWith("retort: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape, output + error);
    }

    private string OnTerminal(string line, params (string, string?)[] environment)
    {
        (int code, string output, string error) = ShellProcess.Run(
            "script", ["-qec", line, "/dev/null"], Folder, [("TERM", "xterm-256color"), ("NO_COLOR", null), ("CI", null), .. environment]);
        Assert.True(code == 0, output + error);
        return output.Replace(KeypadMode, "", StringComparison.Ordinal); // .NET's own, on every terminal
    }
}
