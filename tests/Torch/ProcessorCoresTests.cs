using System.Text;
using Retort.Tests.Support;
using Retort.Torch;

namespace Retort.Tests.Torch;

public sealed class ProcessorCoresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Processors_that_share_a_core_count_once()
    {
        string[] siblings = ["0,2", "1,3", "0,2", "1,3"];
        for (int processor = 0; processor < siblings.Length; processor++)
            _folder.Write($"cpu{processor}/topology/thread_siblings_list", Encoding.UTF8.GetBytes(siblings[processor] + "\n"));

        Assert.Equal(2, ProcessorCores.CountIn(_folder.Path, [0, 1, 2, 3]));
        Assert.Equal(1, ProcessorCores.CountIn(_folder.Path, [1, 3]));
        Assert.Equal(2, ProcessorCores.CountIn(_folder.Path, [2, 3]));
        Assert.Null(ProcessorCores.CountIn(_folder.Path, [3, 4])); // one that is not described
        Assert.Null(ProcessorCores.CountIn(_folder.Path, []));
    }

    [Theory]
    [InlineData("0-3,8\n", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("5", new[] { 5 })]
    [InlineData("", new int[0])]
    [InlineData("many", new int[0])]
    public void Lists_of_processors_are_read_as_Linux_writes_them(string list, int[] numbers) => Assert.Equal(numbers, ProcessorCores.Numbers(list));

    [Fact]
    public void There_are_no_more_than_this_process_may_use() => Assert.InRange(ProcessorCores.Count, 1, Environment.ProcessorCount);
}
