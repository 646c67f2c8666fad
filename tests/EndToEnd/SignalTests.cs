using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;

namespace Retort.Tests.EndToEnd;

/// <summary>The program as it is asked to stop: nothing is lost.</summary>
public sealed class SignalTests : CliTests
{
    private const string Long = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        student: {model: resnet8}
        train: {epochs: 25, batch: 8, threads: 1, seed: 7, precision: fp32}
        """;

    [UnixTheory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void An_interrupted_program_saves_and_says_how_to_go_on(string signal, int code)
    {
        // In the background of a script SIGINT is ignored, and a process inherits that.
        using (var retort = new RetortProcess(["env", $"--default-signal={signal}"], [], ["train", RecipeFile(Long), "--out", In("run")]))
        {
            retort.WaitFor("student epoch 2/25");
            retort.Signal(signal);
            Assert.Equal(
                (code, $"Stopped. The same command with --resume goes on from {In("run")}, where it stands.\nretort: interrupted.\n"), retort.End());
        }

        AssertResumes();
    }

    private void AssertResumes()
    {
        Assert.False(File.Exists(In("run", "student.safetensors")));
        Assert.Contains("student goes on in epoch ", CommandLine.Run("train", RecipeFile(Long), "--out", In("run"), "--resume").Done().Output);
        CommandLine.Run("train", RecipeFile(Long), "--out", In("whole")).Done();
        TinyRun.AssertSame(In("whole"), In("run"));
    }
}
