using System.Text.Json.Nodes;
using Retort.Tests.Cli.Support;

namespace Retort.Tests.EndToEnd;

/// <summary>What <c>RETORT_KEEP_MEMORY</c> says when the program starts.</summary>
public sealed class KeepMemoryTests : CliTests
{
    private const string Line = "retort bench eval --model resnet8 --images 64 --json";

    [Fact]
    public void Memory_that_is_left_to_malloc_is_not_counted()
    {
        (int code, string output, string error) = ShellProcess.Bash(Line, Folder, ("RETORT_KEEP_MEMORY", "0"));
        Assert.True(code == 0, error);
        Assert.Equal(0, (long)JsonNode.Parse(output)!["peak_bytes"]!);
    }

    [Fact]
    public void Another_word_is_refused()
    {
        (int code, string _, string error) = ShellProcess.Bash(Line, Folder, ("RETORT_KEEP_MEMORY", "no"));
        Assert.Equal(2, code);
        Assert.Contains("retort: RETORT_KEEP_MEMORY is \"no\"", error);
    }
}
