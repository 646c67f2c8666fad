using Retort.Cli.Commands;
using Retort.Cli.Json;
using Retort.Cli.Progress;
using Retort.Onnx;
using Retort.Torch;
using Retort.Torch.Distributed;
using Retort.Training.Parallel;
using Retort.Training.Parts;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Cli;

/// <summary>Trains a recipe with progress on the terminal, exports the student, and tells where everything is.</summary>
/// <param name="terminal">Where it shows.</param>
/// <param name="plugins">Parts that the recipe may name.</param>
/// <param name="device">Where networks run; of several processes, each takes that of its rank.</param>
/// <param name="json">Whether the result is told as JSON, and progress beside it.</param>
internal sealed class RecipeTraining(Terminal terminal, Plugins plugins, Device device, bool json)
{
    /// <summary>Trains it, as one of several processes where the environment says so.</summary>
    /// <param name="recipe">What is trained.</param>
    /// <param name="path">The run's folder.</param>
    /// <param name="existing">What becomes of a run that is there.</param>
    /// <param name="environment">The other processes; null: there are none.</param>
    /// <param name="interrupt">Saves the run and stops it.</param>
    /// <returns>The exit code.</returns>
    public int Run(Recipe recipe, string path, ExistingRun existing, DistributedEnvironment? environment, CancellationToken interrupt)
    {
        Device own = environment is null ? device : DeviceOption.OfRank(device, environment.LocalRank);
        using Replicas replicas = environment is null ? Replicas.Alone : GroupReplicas.Join(environment, own);
        try
        {
            Recipe shared = ReplicaFolder.RecipeOf(recipe, path, replicas);
            if (existing == ExistingRun.Overwrite && RunFolder.HoldsRun(path))
                RequireUsable(shared, path, own);
            using ReplicaFolder folder = ReplicaFolder.Open(path, existing, replicas, terminal.Time);
            RunResult Train(ITrainingObserver? observer)
            {
                using var run = new Run(shared, folder.Folder, observer, own, terminal.Time, plugins.Methods, plugins.Models, replicas);
                return run.Train(interrupt);
            }

            if (replicas.IsFirst)
                Tell(path, Show(path, Train));
            else
                Train(observer: null); // the first shows what all do
            return ExitCode.Success;
        }
        catch (Exception fault) when (fault is not ProcessGroupException)
        {
            replicas.Leave(fault is OperationCanceledException ? "it was interrupted" : fault.Message);
            throw;
        }
    }

    // The old run is deleted only for one that can begin, and that does not begin with what is deleted.
    private void RequireUsable(Recipe recipe, string path, Device own)
    {
        string?[] given = [recipe.Student.Checkpoint, recipe.Teacher?.Checkpoint, recipe.Teacher?.Torchscript];
        if (Array.Find(given, file => file is not null && RunFolder.Owns(path, file)) is { } deleted)
        {
            throw new RetortException(
                $"'{deleted}' is part of the run in '{path}', which --overwrite deletes, and this one begins with it: give another folder with --out.") { WrongUse = true };
        }

        Retort.Training.Runs.Run.RequireUsable(recipe, own, plugins.Methods, plugins.Models);
        recipe.Data.Outline();
    }

    private RunResult Show(string path, Func<ITrainingObserver, RunResult> train)
    {
        try
        {
            return ProgressDisplay.Show(json ? terminal.Aside : terminal, train);
        }
        catch (OperationCanceledException)
        {
            terminal.Error.WriteLine($"Stopped. The same command with --resume goes on from {path}, where it stands.");
            throw;
        }
    }

    private void Tell(string path, RunResult result)
    {
        string? model = CheckpointExport.TryBeside(result.StudentFile, plugins.Models, out string? reason);
        if (model is null)
            terminal.Error.WriteLine($"There is no ONNX model of the student: {reason}");
        if (json)
        {
            JsonOutput.Write(terminal, RunJson.Of(path, result, model));
            return;
        }

        terminal.Console.Write(ComparisonTable.Of(result.Networks));
        terminal.Output.WriteLine($"Report:  {result.ReportFile}");
        terminal.Output.WriteLine($"Student: {result.StudentFile}");
        if (model is not null)
            terminal.Output.WriteLine($"ONNX:    {model}");
    }
}
