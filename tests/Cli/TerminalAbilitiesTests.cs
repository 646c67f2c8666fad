using Retort.Cli;

namespace Retort.Tests.Cli;

public class TerminalAbilitiesTests
{
    [Fact]
    public void A_terminal_gets_the_live_view() => Assert.Equal(TerminalAbilities.Full, Detect(("TERM", "xterm-256color")));

    [Fact]
    public void A_pipe_gets_plain_lines()
        => Assert.Equal(TerminalAbilities.Plain, TerminalAbilities.Detect(_ => "xterm", redirected: true));

    [Fact]
    public void No_color_gets_plain_lines() => Assert.Equal(TerminalAbilities.Plain, Detect(("TERM", "xterm"), ("NO_COLOR", "1")));

    [Fact]
    public void An_empty_no_color_means_nothing() => Assert.Equal(TerminalAbilities.Full, Detect(("TERM", "xterm"), ("NO_COLOR", "")));

    [Theory]
    [InlineData("dumb")]
    [InlineData(null)]
    public void A_terminal_that_cannot_move_its_cursor_gets_plain_lines(string? term)
        => Assert.Equal(TerminalAbilities.Plain, Detect(("TERM", term)));

    [Fact]
    public void A_build_server_gets_colours_but_no_redraws()
        => Assert.Equal(TerminalAbilities.Full with { Live = false }, Detect(("TERM", "xterm"), ("CI", "true")));

    private static TerminalAbilities Detect(params (string Name, string? Value)[] environment)
        => TerminalAbilities.Detect(name => environment.FirstOrDefault(e => e.Name == name).Value, redirected: false);
}
