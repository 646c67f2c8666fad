using System.CommandLine;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Torch;
using Retort.Torch.Distributed;
using Retort.Training.DryRuns;
using Retort.Training.Parts;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Cli.Commands;

/// <summary><c>retort train</c>: runs a recipe.</summary>
internal sealed class TrainCommand : CliCommand
{
    private readonly Argument<string> _recipe = new("recipe") { Description = "A recipe, as recipes/demo.yaml." };
    private readonly SetOption _set = new();
    private readonly Option<string?> _out = new("--out") { Description = "The run's folder. Default: runs/NAME.", HelpName = "folder" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the run in the folder; begin where there is none." };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Delete the run in the folder, and begin anew." };
    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Train nothing: show the terms of the loss, their shares of the gradient, and the taps on the first batch.",
    };

    private readonly Option<string?> _onNan = new("--on-nan")
    {
        Description = "When the loss becomes no number: stop, or rollback to the last checkpoint and on at a lower rate. As --set train.on_nan=...", HelpName = "stop|rollback",
    };

    private readonly Option<bool> _tensorBoard = new("--tensorboard") { Description = "Write events for TensorBoard into the run's folder." };
    private readonly Option<int?> _nproc = new("--nproc") { Description = "Train with several processes of this machine, each on its share of every batch.", HelpName = "n" };
    private readonly PluginOption _plugins = new();
    private readonly DeviceOption _device = new();
    private readonly JsonOption _json = new();

    public TrainCommand()
        : base(
            "train", "Run a recipe: train its teacher if need be, then its student, with checkpoints and a report.",
            "retort train recipes/demo.yaml",
            "retort train recipes/demo.yaml --set train.epochs=5 --set train.seed=3 --out runs/demo-3",
            "retort train recipes/demo.yaml --dry-run   # are the weights of the loss's terms in proportion?",
            "retort train recipes/demo.yaml --resume   # after Ctrl-C or a crash",
            "retort train recipes/demo.yaml --nproc 2 --out runs/demo-two   # more machines: docs/distributed.md",
            "retort train recipes/demo.yaml --resume --on-nan rollback   # after a loss that was no number")
    {
        _onNan.CompletionSources.Add("stop", "rollback");
        Add(_recipe);
        Add(_set);
        Add(_out);
        Add(_resume);
        Add(_overwrite);
        Add(_dryRun);
        Add(_onNan);
        Add(_tensorBoard);
        Add(_nproc);
        Add(_plugins);
        Add(_device);
        Add(_json);
        Validators.Add(line =>
        {
            if (line.GetValue(_resume) && line.GetValue(_overwrite))
                line.AddError("--resume and --overwrite exclude each other: keep one of them.");
            if (line.GetValue(_dryRun) && Array.Find<Option>([_out, _resume, _overwrite, _tensorBoard, _nproc], option => line.GetResult(option) is { Implicit: false }) is { } kept)
                line.AddError($"--dry-run keeps nothing and looks with one process, so {kept.Name} has no meaning beside it: leave one of them out.");
            if (line.GetValue(_nproc) is < 1)
                line.AddError("--nproc must be at least 1.");
        });
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        string[] onNan = line.GetValue(_onNan) is { } action ? [$"train.on_nan={action}"] : [];
        Plugins plugins = _plugins.Of(line);
        Recipe recipe = Recipe.Load(line.GetValue(_recipe)!, [.. onNan, .. _set.Of(line)], plugins.Options);
        if (line.GetValue(_tensorBoard))
            recipe = recipe with { Tensorboard = recipe.Tensorboard ?? new TensorBoardOptions() };
        if (line.GetValue(_dryRun))
            return DryRun(recipe, _device.Of(line), plugins, terminal, line.GetValue(_json), interrupt);
        string folder = line.GetValue(_out) ?? Path.Combine("runs", recipe.Name);
        ExistingRun existing = line.GetValue(_resume) ? ExistingRun.Resume : line.GetValue(_overwrite) ? ExistingRun.Overwrite : ExistingRun.Refuse;
        DistributedEnvironment? environment = DistributedEnvironment.Read(Environment.GetEnvironmentVariable);
        if (line.GetValue(_nproc) is { } processes)
        {
            if (environment is not null)
            {
                throw new RetortException(
                    $"--nproc starts the processes itself, but the environment says that this is rank {environment.Rank} of {environment.WorldSize}: leave "
                    + "--nproc out, or unset RANK and WORLD_SIZE.") { WrongUse = true };
            }

            if (processes > 1)
                return new LocalRanks(terminal, [.. LocalRanks.Without(_nproc.Name, line.Tokens)], processes).Run(interrupt);
        }

        return new RecipeTraining(terminal, plugins, _device.Of(line), line.GetValue(_json)).Run(recipe, folder, existing, environment, interrupt);
    }

    // In a folder that is gone afterwards: a run that is begun next finds nothing in its way.
    private static int DryRun(Recipe recipe, Device device, Plugins plugins, Terminal terminal, bool json, CancellationToken interrupt)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("retort-dry-run-");
        try
        {
            IReadOnlyList<DryRunResult> results = ProgressDisplay.Show(json ? terminal.Aside : terminal, observer =>
            {
                using RunFolder opened = RunFolder.Open(folder.FullName, ExistingRun.Refuse, terminal.Time);
                using var run = new Run(recipe, opened, observer, device, terminal.Time, plugins.Methods, plugins.Models);
                return run.DryRun(interrupt);
            });
            if (json)
                JsonOutput.Write(terminal, results);
            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
