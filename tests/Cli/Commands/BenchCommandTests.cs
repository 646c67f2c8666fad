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
}
