using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Teachers;

namespace Retort.Training.Runs;

/// <summary>A run's teacher: made at once, so that it can be checked; then loaded, trained if need be, measured, recorded, and frozen.</summary>
internal sealed class RunTeacher : IDisposable
{
    /// <summary>Its stage, where the run trains it.</summary>
    public const string StageName = "teacher";

    private readonly Recipe _recipe;
    private readonly TeacherOptions _options;
    private readonly RunContext _context;
    private readonly Network _made;
    private TrainedTeacher? _given;

    /// <summary>Makes the network; it has no weights yet but initial ones.</summary>
    /// <param name="recipe">The run's.</param>
    /// <param name="options">Its teacher.</param>
    /// <param name="context">The run's.</param>
    /// <exception cref="RetortException">There is no such model, or its file cannot be read.</exception>
    public RunTeacher(Recipe recipe, TeacherOptions options, RunContext context)
    {
        (_recipe, _options, _context) = (recipe, options, context);
        Network = _made = context.CreateTeacher(options, recipe.TeacherTrain.Seed ^ Run.TeacherSeed);
    }

    /// <summary>The network, for images as the run normalises them.</summary>
    public Network Network { get; private set; }

    /// <summary>Its shape.</summary>
    public NetworkShape Shape => field ??= _context.ShapeOf(_options.Name, _made);

    /// <summary>Which it is and how good; null until it is completed.</summary>
    public TeacherRecord? Record { get; private set; }

    /// <summary>What is kept of what it says; null where nothing is.</summary>
    public TeacherCache? Cache { get; private set; }

    /// <summary>Loads the weights that it comes with, or that its training starts from.</summary>
    /// <exception cref="RetortException">They do not fit.</exception>
    public void Load()
    {
        if (!_options.IsTrained)
        {
            _given = TrainedTeacher.Load(Network, _options, _context.Data);
            Network = _given.Network;
            Network.To(_context.Compute.Device);
        }
        else if (_options.Checkpoint is { } file)
        {
            using var scope = new TensorScope();
            CheckpointLoader.Load(Network, _options.Name, file, _options.Weights)?.RequireClasses(file, _context.Data.Train.Classes, "teacher");
        }
    }

    /// <summary>Looks at the loss that it is trained by where that has several terms, as with branches.</summary>
    /// <param name="cancel">Stops the loading of the batch.</param>
    /// <exception cref="RetortException">Branches cannot be put on this teacher; the message says why.</exception>
    public void DryRun(CancellationToken cancel)
    {
        if (_options.IsTrained)
            new TeacherTraining(_recipe, _options, _context).DryRun(StageName, Network, Shape, cancel);
    }

    /// <summary>Trains it if need be, measures it on the test images, writes that down, and tells what there is to tell of it.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="cancel">Stops after the current step, with a checkpoint.</param>
    /// <returns>What it reached.</returns>
    /// <exception cref="RetortException">It cannot be trained; the message says why.</exception>
    public NetworkSummary Complete(RunFolder folder, CancellationToken cancel)
    {
        if (_options.IsTrained)
            new TeacherTraining(_recipe, _options, _context).Complete(StageName, Network, Shape, cancel);
        Network.RequireGrad(false);
        NetworkSummary summary = _context.Summarise("teacher", _options.Name, Network, _options.IsTrained ? StageName : null, cancel);
        Record = TeacherRecord.Of(_options, Network, _given, summary.Accuracy, _context.Data.Normalization);
        _context.Replicas.RequireSame("teacher", Record.Sha256);
        Record.Write(folder.TeacherFile);
        foreach (string notice in Record.Notices(_context.Data.Normalization))
            _context.Observer.Notice(notice);
        Cache = TeacherCaching.Open(_recipe, folder, Record, Network, _context);
        return summary;
    }

    /// <summary>The teacher as the stages of a student see it; the caller's.</summary>
    /// <param name="objective">The student's.</param>
    /// <exception cref="RetortException">A method wants the teacher otherwise than it can be had.</exception>
    public FrozenTeacher Freeze(DistillationObjective objective)
    {
        RequireStatistics(objective, _options, Network);
        return new FrozenTeacher(Network, _context.Compute, Cache, objective.TermsOfBatchStatistics.Any());
    }

    /// <summary>Refuses batch statistics where a teacher has none, or where what it says is to be kept.</summary>
    /// <exception cref="RetortException">A method wants them.</exception>
    public static void RequireStatistics(DistillationObjective objective, TeacherOptions options, Network teacher)
    {
        if (objective.TermsOfBatchStatistics.FirstOrDefault() is not { } term)
            return;
        if (options.Cache is { Enabled: true })
        {
            throw new RetortException(
                $"teacher.cache keeps what the teacher says of an image, but {term.Name} has teacher_statistics: batch, with which that hangs on the whole "
                + "batch: set teacher.cache.enabled to false, or teacher_statistics to running.");
        }

        if (!FrozenTeacher.NormsOf(teacher).Any())
        {
            throw new RetortException(
                $"{term.Name} has teacher_statistics: batch, but no batch norms are known of the teacher {options.Name}: set it to running.");
        }
    }

    /// <summary>Frees the network and closes the cache.</summary>
    public void Dispose()
    {
        Cache?.Dispose();
        Network.Dispose();
        _made.Dispose();
    }
}
