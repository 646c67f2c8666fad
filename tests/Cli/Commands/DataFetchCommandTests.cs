using Retort.Cli;
using Retort.Cli.Commands;
using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Tests.Training.Data.Fetching;
using Retort.Training.Data.Fetching;

namespace Retort.Tests.Cli.Commands;

public sealed class DataFetchCommandTests : CliTests
{
    [Fact]
    public void What_is_fetched_is_told_with_the_line_of_a_recipe_that_reads_it()
    {
        using var server = new FileServer();
        FetchableDataset dataset = SampleDataset.On(server);
        (int code, string output, string error) = Fetch(dataset, "sample", "--to", In("sample"));
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("fetching sample.tar.gz: 0.1 of 0.1 MB (100 %)\n", output);
        Assert.EndsWith($"sample lies in {In("sample")}. In a recipe:\n  data: {{kind: cifar10, path: {In("sample")}}}\n", output);
        Assert.Equal(SampleDataset.Bytes, File.ReadAllBytes(In("sample", SampleDataset.Content)));
        Assert.Contains("sample lay already in ", Fetch(dataset, "sample", "--to", In("sample")).Output);
    }

    [Fact]
    public void A_file_of_a_mirror_that_is_another_one_is_refused()
    {
        using var server = new FileServer();
        FetchableDataset dataset = SampleDataset.On(server);
        dataset = dataset with { Files = [dataset.Files[0] with { Url = new Uri($"http://example.invalid/{SampleDataset.Archive}") }] };
        server.Files[SampleDataset.Archive][77] ^= 1;
        (int code, _, string error) = Fetch(dataset, "sample", "--to", In("sample"), "--mirror", $"{server.Address}");
        Assert.Equal(1, code);
        Assert.StartsWith($"retort: '{server.Address}{SampleDataset.Archive}' does not have the content that it should have", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void A_name_or_an_address_that_is_none_is_wrong_use()
    {
        CommandLine.Run("data", "fetch", "cifar").Refused(2, "There is no data set to fetch named \"cifar\". Did you mean", "`retort data fetch --help` shows all 4.");
        Assert.Equal(2, CommandLine.Run("data", "fetch", "cifar10", "--mirror", "nowhere").Code);
    }

    private static (int Code, string Output, string Error) Fetch(FetchableDataset dataset, params string[] arguments)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = new Application(new Terminal(output, error, TerminalAbilities.Plain), [new DataFetchCommand([dataset])]).Run(["fetch", .. arguments]);
        return (code, output.ToString(), error.ToString());
    }
}
