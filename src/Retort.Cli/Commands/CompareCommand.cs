using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Distillation;
using Retort.Torch;
using Retort.Training.Comparisons;
using Retort.Training.Parts;

namespace Retort.Cli.Commands;

/// <summary><c>retort compare</c>: methods or recipes against each other over seeds.</summary>
internal sealed class CompareCommand : CliCommand
{
    private const int MostSeeds = 1000;

    // Shards hold the folder in turn, each for moments; in a large array on a slow disk the last one waits for many. Who is stopped has less time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15), PatienceWhenStopped = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> NoFailures = [];

    private readonly Argument<string[]> _recipes = new("recipe")
    {
        Description = "Recipes, each a variant, or one comparison (docs/comparing.md); with --methods, the one that all share.", Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _methods = new("--methods")
    {
        Description = "Compare these on one recipe, as kd,at,dist: each takes its loss from the file of its name beside the recipe (kd.yaml).", HelpName = "names",
    };

    private readonly Option<string?> _seeds = new("--seeds") { Description = "How many, from 0, or a list as 3,5,8. Default: those of the comparison, else 3.", HelpName = "n" };
    private readonly SetOption _set = new("Set a value in every variant, as train.epochs=20");
    private readonly Option<string?> _out = new("--out") { Description = "The comparison's folder; what is finished in it stays. Default: runs/NAME.", HelpName = "folder" };
    private readonly Option<int> _jobs = new("--jobs")
    {
        Description = "Runs trained at a time, each in a process with its share of the cores.", HelpName = "n", DefaultValueFactory = _ => 1,
    };

    private readonly Option<int?> _cores = new("--cores") { Description = "Cores that the runs may use together. Default: all.", HelpName = "n" };

    private readonly Option<string?> _shard = new("--shard")
    {
        Description = "Train the i-th of n parts of the runs, as one of several that share the folder. Default: what torchrun, srun or a Slurm array says.",
        HelpName = "i/n",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show what would be trained, and stop." };
    private readonly PluginOption _plugins = new();
    private readonly DeviceOption _device = new();
    private readonly JsonOption _json = new();

    public CompareCommand()
        : base(
            "compare", "Train methods or recipes over several seeds, beside the student alone, and compare them: mean ± deviation, paired intervals.",
            "retort compare recipes/cifar10/base.yaml --methods kd,at,dist --seeds 3",
            "retort compare recipes/cifar10/kd.yaml recipes/cifar10/nst.yaml --out runs/kd-nst --jobs 2   # after Ctrl-C or a crash: the same again",
            "retort compare recipes/cifar10/kd.yaml recipes/cifar10/nst.yaml --shard 1/2   # 2/2 is another task of a Slurm array",
            "retort compare recipes/comparisons/demo.yaml --dry-run")
    {
        _methods.CompletionSources.Add([.. MethodRegistry.Default.Entries.Select(entry => entry.Name), .. ComparisonRecipe.NamesOfStudentAlone]);
        Add(_recipes);
        Add(_methods);
        Add(_seeds);
        Add(_set);
        Add(_out);
        Add(_jobs);
        Add(_cores);
        Add(_shard);
        Add(_dryRun);
        Add(_plugins);
        Add(_device);
        Add(_json);
        _jobs.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<int>() < 1)
                option.AddError("--jobs must be at least 1.");
        });
        _shard.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<string?>() is { } text && ComparisonShard.Parse(text) is null)
                option.AddError("--shard must be which of how many, as 2/8, counted from 1.");
        });
        _seeds.Validators.Add(option =>
        {
            if (ReadSeeds(option.GetValueOrDefault<string?>()) is [])
                option.AddError("--seeds must be how many, as 3, or a list of different seeds, as 3,5,8.");
        });
        _cores.Validators.Add(option =>
        {
            if (option.GetValueOrDefault<int?>() < 1)
                option.AddError("--cores must be at least 1.");
        });
        Validators.Add(line =>
        {
            if (line.GetResult(_methods) is null)
                return;
            if (line.GetValue(_recipes) is { Length: > 1 })
                line.AddError("--methods takes one recipe, which gives data, networks and training of all: keep one of them.");
            else if (Names(line).Contains(""))
                line.AddError("--methods must be names with commas between them, as kd,at,dist.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        ComparisonShard shard = line.GetValue(_shard) is { } part ? ComparisonShard.Parse(part)! : ComparisonShard.Read(Environment.GetEnvironmentVariable);
        Device device = _device.Of(line);
        if (shard.Count > 1)
            device = DeviceOption.OfRank(device, shard.LocalRank);
        int jobs = line.GetValue(_jobs);
        Plugins plugins = _plugins.Of(line);
        ComparisonRecipe recipe = Read(line, plugins);
        string path = line.GetValue(_out) ?? Path.Combine("runs", recipe.Name);
        int threads = Math.Max(1, (line.GetValue(_cores) ?? ProcessorCores.Count) / jobs);
        ComparisonGrid grid = ComparisonGrid.Of(recipe, path, threads, plugins.Methods, plugins.Models);
        bool json = line.GetValue(_json), dryRun = line.GetValue(_dryRun);
        Terminal aside = json ? terminal.Aside : terminal;
        GridTable.Write(aside, grid, jobs);
        if (recipe.Usual.Count > 0)
        {
            aside.Output.WriteLine(
                $"No recipe beside this one says the weights of {string.Join(", ", recipe.Usual)}: these are their usual ones, which may not suit data and schedule (docs/comparing.md).");
        }

        if (shard.Count > 1)
            aside.Output.WriteLine($"This is shard {shard}, which trains {shard.Of(grid).Count()} of them.");
        if (json && dryRun)
            JsonOutput.Write(terminal, ComparisonJson.Of(recipe.Name, path, ComparisonResult.Read(grid, NoFailures), files: null));
        if (dryRun)
            return ExitCode.Success;

        using ComparisonFolder prepared = OpenFolder(path, shard, terminal, Patience, interrupt);
        prepared.Prepare(grid);
        if (shard.Count > 1)
            prepared.Dispose(); // the others write it too
        IReadOnlyDictionary<string, string> failures;
        try
        {
            var cells = new CellTraining(aside, grid, prepared, device, jobs, threads, plugins, shard);
            failures = cells.Run(interrupt);
        }
        catch (OperationCanceledException)
        {
            Conclude(NoFailures, PatienceWhenStopped);
            terminal.Error.WriteLine("Stopped. The same command goes on where it stands.");
            throw;
        }

        Conclude(failures, Patience);
        if (failures.Count == 0)
            return ExitCode.Success;
        int runs = shard.Of(grid).Select(cell => cell.Name).Union(failures.Keys).Count(); // a teacher that failed here may be another shard's
        terminal.Error.WriteLine($"retort: {failures.Count} of {runs} runs failed; the same command trains them again: {string.Join(", ", failures.Keys)}.");
        return ExitCode.Failure;

        void Conclude(IReadOnlyDictionary<string, string> failed, TimeSpan patience)
        {
            using ComparisonFolder? shared = shard.Count > 1 ? OpenFolder(path, shard, terminal, patience, CancellationToken.None) : null;
            // Read while no other shard can write: tables that are newer are not replaced by older ones.
            CompareCommand.Conclude(terminal, json, shared ?? prepared, recipe.Name, ComparisonResult.Read(grid, failed));
        }
    }

    private ComparisonRecipe Read(ParseResult line, Plugins plugins)
    {
        string[] recipes = line.GetValue(_recipes)!;
        List<long>? seeds = ReadSeeds(line.GetValue(_seeds));
        return line.GetResult(_methods) is null
            ? ComparisonRecipe.Load(recipes, _set.Of(line), seeds, plugins.Options)
            : ComparisonRecipe.OfMethods(recipes[0], Names(line.CommandResult), _set.Of(line), seeds, plugins.Options, plugins.Methods);
    }

    private string[] Names(SymbolResult line) => [.. line.GetValue(_methods)!.SelectMany(names => names.Split(',', StringSplitOptions.TrimEntries))];

    private static ComparisonFolder OpenFolder(string path, ComparisonShard shard, Terminal terminal, TimeSpan patience, CancellationToken interrupt) =>
        ComparisonFolder.Open(path, terminal.Time, shard.Count > 1 ? patience : TimeSpan.Zero, interrupt);

    private static void Conclude(Terminal terminal, bool json, ComparisonFolder folder, string name, ComparisonResult result)
    {
        folder.Write(name, result);
        if (json)
        {
            JsonOutput.Write(terminal, ComparisonJson.Of(name, folder.Path, result, folder));
            return;
        }

        ResultTable.Write(terminal, result);
        terminal.Output.WriteLine($"Report: {folder.ReportFile}");
        terminal.Output.WriteLine($"Table:  {folder.MarkdownFile}, {folder.CsvFile}");
    }

    // Null: not given. Empty: not to be understood.
    private static List<long>? ReadSeeds(string? text)
    {
        if (text is null)
            return null;
        string[] parts = text.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries);
        List<long> seeds = [];
        foreach (string part in parts)
        {
            if (!long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long seed) || seeds.Contains(seed))
                return [];
            seeds.Add(seed);
        }

        return parts.Length > 1 || text.StartsWith('[') ? seeds
            : seeds[0] is > 0 and <= MostSeeds ? [.. Enumerable.Range(0, (int)seeds[0]).Select(seed => (long)seed)]
            : [];
    }
}
