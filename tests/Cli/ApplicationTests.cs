using System.CommandLine;
using Retort.Cli;
using Retort.Cli.Commands;

namespace Retort.Tests.Cli;

public class ApplicationTests
{
    [Fact]
    public void Without_arguments_the_help_is_shown()
    {
        (int code, string output, string error) = Run([]);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("Usage:", output);
        Assert.Contains("retort test", output);
    }

    [Fact]
    public void Every_command_has_a_description_and_examples_in_its_help()
    {
        var waiting = new Queue<(string[] Path, CliCommand Command)>(AllCommands.Create().Select(c => (new[] { c.Name }, c)));
        Assert.NotEmpty(waiting);
        while (waiting.TryDequeue(out var next))
        {
            (int code, string output, _) = Run([.. next.Path, "--help"], AllCommands.Create());

            Assert.Equal(0, code);
            Assert.False(string.IsNullOrWhiteSpace(next.Command.Description));
            Assert.NotEmpty(next.Command.Examples);
            Assert.All(next.Command.Examples, e => Assert.Contains("retort ", e));
            Assert.All(next.Command.Examples, e => Assert.Contains(e, output));
            foreach (CliCommand inner in next.Command.Inner)
            {
                waiting.Enqueue(([.. next.Path, inner.Name], inner));
            }
        }
    }

    [Theory]
    [InlineData("'proeb' is not a command of 'retort'. Did you mean 'probe'? See 'retort --help'.", "proeb")]
    [InlineData("'xyzzy' is not a command of 'retort'. See 'retort --help'.", "xyzzy")]
    [InlineData("'--cuont' is not an option of 'retort probe'. Did you mean '--count'? See 'retort probe --help'.", "probe", "--cuont", "3")]
    [InlineData("'--verbos' is not an option of 'retort probe'. Did you mean '--verbose'? See 'retort probe --help'.", "probe", "--verbos")]
    [InlineData("'retort probe' does not take 'more'. See 'retort probe --help'.", "probe", "more")]
    [InlineData("'modles' is not a command of 'retort group'. Did you mean 'models'? See 'retort group --help'.", "group", "modles")]
    public void A_wrong_word_is_named_with_the_nearest_right_one(string message, params string[] args)
    {
        (int code, string output, string error) = Run(args);

        Assert.Equal((2, "", $"retort: {message}\n"), (code, output, error));
    }

    [Theory]
    [InlineData("probe", "--count", "many")]
    [InlineData("probe", "--count")]
    [InlineData("group")]
    public void A_missing_or_unreadable_value_is_wrong_use(params string[] args)
    {
        (int code, _, string error) = Run(args);

        Assert.Equal(2, code);
        Assert.StartsWith("retort: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void A_known_fault_is_its_message_alone(bool wrongUse, int code)
    {
        var fault = new RetortException("no such thing") { WrongUse = wrongUse };

        Assert.Equal((code, "", "retort: no such thing\n"), Run(["probe"], [new Probe(() => throw fault)]));
    }

    [Fact]
    public void An_unknown_fault_names_its_type_and_how_to_see_more()
    {
        (int code, _, string error) = Run(["probe"], [new Probe(() => throw new InvalidOperationException("odd"))]);

        Assert.Equal(1, code);
        Assert.StartsWith("retort: InvalidOperationException: odd (--verbose ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error);
    }

    [Fact]
    public void Verbose_adds_the_stack_trace()
    {
        (_, _, string error) = Run(["probe", "--verbose"], [new Probe(() => throw new RetortException("no such thing"))]);

        Assert.Contains("   at ", error);
        Assert.EndsWith("retort: no such thing\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_command_ends_with_130()
    {
        using var interrupt = new CancellationTokenSource();
        interrupt.Cancel();

        Assert.Equal((130, "", "retort: interrupted.\n"), Run(["probe"], interrupt: interrupt.Token));
    }

    [Fact]
    public void A_command_gives_its_own_exit_code() => Assert.Equal(1, Run(["probe"], [new Probe(() => 1)]).Code);

    [Fact]
    public void The_version_is_printed_without_loading_anything()
        => Assert.Equal((0, $"retort {VersionLine.Number}\n", ""), Run(["--version"], AllCommands.Create()));

    [Fact]
    public void Version_tells_about_the_machine()
    {
        (int code, string output, _) = Run(["version"], AllCommands.Create());

        Assert.Equal(0, code);
        Assert.Contains("Processor", output);
        Assert.Contains(Environment.Version.ToString(), output);
        Assert.Matches(@"libtorch +\d+\.\d+", output);
    }

    private static (int Code, string Output, string Error) Run(
        string[] args, IEnumerable<CliCommand>? commands = null, CancellationToken interrupt = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var application = new Application(new Terminal(output, error, TerminalAbilities.Plain), commands ?? [new Probe(() => 0), new Group()]);
        return (application.Run(args, interrupt), output.ToString(), error.ToString());
    }

    private sealed class Probe : CliCommand
    {
        private readonly Func<int> _work;

        public Probe(Func<int> work)
            : base("probe", "Does what a test wants.", "retort probe")
        {
            _work = work;
            Options.Add(new Option<int>("--count") { Description = "How many." });
        }

        public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
        {
            interrupt.ThrowIfCancellationRequested();
            return _work();
        }
    }

    private sealed class Group() : CliCommand("group", "Has commands of its own.", "retort group models")
    {
        public override IReadOnlyList<CliCommand> Inner { get; } = [new Models()];
    }

    private sealed class Models() : CliCommand("models", "Inner.", "retort group models")
    {
        public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt) => 0;
    }
}
