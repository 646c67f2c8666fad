using Retort.Cli;
using Retort.Cli.Commands;
using Retort.Tests.Support;
using Retort.Tests.Training.Verification;
using Retort.Torch;

namespace Retort.Tests.Cli;

public class VerifyCommandTests
{
    [Fact]
    public void The_exit_code_says_how_the_cases_ended()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        string right = KdCase.Make().Write(folder.Path, "right.safetensors");
        string wrong = KdCase.Make().Scaled("expect.loss", 2).Write(folder.Path, "wrong.safetensors");
        string unknown = KdCase.Make(method: "sodium").Write(folder.Path, "unknown.safetensors");
        string cut = folder.Write("cut.safetensors", File.ReadAllBytes(right).AsSpan(0, 100));

        Assert.Equal(0, Run(right).Code);
        Assert.Equal(1, Run(right, wrong).Code);
        Assert.Equal(2, Run(right, unknown).Code);
        Assert.Equal(2, Run(right, cut).Code);
        Assert.Equal(2, Run(Path.Combine(folder.Path, "absent")).Code);
        Assert.Equal(2, Run().Code);

        (int code, string output) = Run(folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("unknown: method \"sodium\"", output);
        Assert.Contains("FAIL", output);
        Assert.Contains("wrong: loss: ", output);
        Assert.Contains("cut.safetensors: ", output);
        Assert.EndsWith("1 passed, 1 failed, 1 unknown, 1 unreadable\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_shows_how_far_it_is()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        string right = KdCase.Make().Write(folder.Path, "right.safetensors");
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, new Application(new Terminal(output, output, TerminalAbilities.Full, width: 100), AllCommands.Create()).Run(["verify", right, right]));
        Assert.Contains("verifying: 1 of 2", output.ToString());
    }

    private static (int Code, string Output) Run(params string[] paths)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = new Application(new Terminal(output, error, TerminalAbilities.Plain), AllCommands.Create()).Run(["verify", .. paths]);
        return (code, output.ToString());
    }
}
