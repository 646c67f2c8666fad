using Retort.Tests.Cli.Support;

namespace Retort.Tests.Cli.Commands;

public sealed class BenchCommandTests : CliTests
{
    [Theory]
    [InlineData("train", "--classes", "-3", "--classes takes 0 or more. ")]
    [InlineData("train", "--threads", "-1", "--threads takes 0 or more. ")]
    [InlineData("train", "--batches", "0", "--batches takes 1 or more. ")]
    [InlineData("eval", "--threads", "-1", "--threads takes 0 or more. ")]
    public void Numbers_that_are_none_of_a_benchmark_are_refused(string kind, string option, string value, string message)
    {
        string[] network = kind == "train" ? ["--student", "resnet8"] : ["--model", "resnet8"];
        CommandLine.Run(["bench", kind, .. network, option, value]).Refused(2, message, "");
    }

    [Fact]
    public void A_method_without_a_teacher_is_refused() =>
        CommandLine.Run("bench", "train", "--student", "resnet8", "--method", "kd")
            .Refused(2, "--method needs --teacher: without one the student learns labels alone. See 'retort bench train --help'.");

    [Fact]
    public void A_precision_is_named_as_in_recipes()
    {
        string[] bench = ["bench", "eval", "--model", "resnet8"];
        CommandLine.Run([.. bench, "--precision", "7"]).Refused(2, "--precision takes auto, fp32 or bf16, not '7'. See 'retort bench eval --help'.");
        CommandLine.Run([.. bench, "--precision", "fp16"]).Refused(2, "--precision takes auto, fp32 or bf16, not 'fp16'. ", "");
        Assert.Matches(@"--precision <auto\|fp32\|bf16> .*\[default: auto\]", CommandLine.Run([.. bench, "--help"]).Done().Output);
    }
}
