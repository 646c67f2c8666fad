using Retort.Cli;
using Retort.Cli.Commands;

namespace Retort.Tests.Cli.Support;

/// <summary>The program in this process: what a command line prints and gives back.</summary>
internal sealed record CommandLine(int Code, string Output, string Error)
{
    /// <summary>Runs a command line with the real commands, as if piped.</summary>
    public static CommandLine Run(params string[] arguments) => Run(new StringWriter { NewLine = "\n" }, default, arguments);

    public static CommandLine Run(StringWriter output, CancellationToken interrupt, params string[] arguments)
    {
        using var error = new StringWriter { NewLine = "\n" };
        int code = new Application(new Terminal(output, error, TerminalAbilities.Plain), AllCommands.Create()).Run(arguments, interrupt);
        return new CommandLine(code, output.ToString(), error.ToString());
    }

    /// <summary>It ended with the code and this one line, and without a stack trace.</summary>
    public void Refused(int code, string message)
    {
        Assert.Equal((code, $"retort: {message}\n"), (Code, Error));
    }

    /// <summary>It ended with the code and one line that begins and ends like this.</summary>
    public void Refused(int code, string begin, string end)
    {
        Assert.True(Code == code, $"code {Code}\n{Output}\n{Error}");
        Assert.StartsWith($"retort: {begin}", Error, StringComparison.Ordinal);
        Assert.EndsWith($"{end}\n", Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain("   at ", Error);
        Assert.DoesNotContain("fault of Retort's own", Error);
    }

    /// <summary>It did what it was asked.</summary>
    public CommandLine Done()
    {
        Assert.True(Code == 0, $"code {Code}\n{Output}\n{Error}");
        Assert.Equal("", Error);
        return this;
    }
}

/// <summary>A writer that does something when a line with a text is written.</summary>
internal sealed class WatchedWriter(string text, Action seen) : StringWriter
{
    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (value?.Contains(text, StringComparison.Ordinal) == true)
            seen();
    }
}
