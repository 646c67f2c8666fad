using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Training.Data.Fetching;

namespace Retort.Cli.Commands;

/// <summary><c>retort data fetch</c>: downloads a published data set.</summary>
internal sealed class DataFetchCommand : CliCommand
{
    private readonly IReadOnlyList<FetchableDataset> _catalog;
    private readonly Argument<string> _name;
    private readonly Option<string?> _to = new("--to") { Description = "The data set's folder. Default: data/NAME.", HelpName = "folder" };
    private readonly Option<Uri?> _mirror = new("--mirror")
    {
        Description = "Address of a folder on the web that has the same files, in place of their publisher's; they are checked in the same way.",
        HelpName = "url",
        CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url : Refuse(result),
    };

    private readonly JsonOption _json = new();

    /// <summary>Makes the command.</summary>
    /// <param name="catalog">What can be fetched; null: what Retort knows.</param>
    public DataFetchCommand(IReadOnlyList<FetchableDataset>? catalog = null)
        : base(
            "fetch", "Download a published data set, check it, and unpack it; what broke off is gone on with.",
            "retort data fetch cifar10",
            "retort data fetch mnist --to data/digits")
    {
        _catalog = catalog ?? DatasetCatalog.All;
        _name = new Argument<string>("name") { Description = $"{string.Join(", ", _catalog.Select(dataset => dataset.Name))}." };
        Add(_name);
        Add(_to);
        Add(_mirror);
        Add(_json);
        _name.CompletionSources.Add([.. _catalog.Select(dataset => dataset.Name)]);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string name = line.GetValue(_name)!;
        FetchableDataset dataset = _catalog.FirstOrDefault(one => one.Name == name)
            ?? throw new UnknownNameException("data set to fetch", name, _catalog.Select(one => one.Name), "retort data fetch --help");
        string folder = line.GetValue(_to) ?? Path.Combine("data", name);
        bool json = line.GetValue(_json);
        bool isNew = DownloadProgress.Show(json ? terminal.Aside : terminal, dataset, progress =>
            new DatasetFetch(dataset, folder) { Mirror = line.GetValue(_mirror), Progress = progress }.Run(interrupt));
        if (json)
        {
            JsonOutput.Write(terminal, new { Name = name, Folder = folder, IsNew = isNew, Recipe = dataset.RecipeLine(folder) });
            return ExitCode.Success;
        }

        terminal.Output.WriteLine($"{name} {(isNew ? "lies" : "lay already")} in {folder}. In a recipe:");
        terminal.Output.WriteLine($"  {dataset.RecipeLine(folder)}");
        return ExitCode.Success;
    }

    private static Uri? Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is no address of the web: begin it with https:// or http://.");
        return null;
    }
}
