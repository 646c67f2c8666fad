using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.TorchScript;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.DryRuns;
using Retort.Training.Evaluation;
using Retort.Training.Parallel;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Stages;
using Retort.Training.Teachers;
using Retort.Training.TensorBoard;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>
/// A recipe on its way: data, teacher, plain student, student, one stage after another, with checkpoints, metrics and a report in the
/// run's folder.
/// </summary>
/// <example><code>
/// using RunFolder folder = RunFolder.Open("runs/kd", ExistingRun.Resume);
/// using var run = new Run(Recipe.Load("kd.yaml"), folder);
/// RunResult result = run.Train(cancel);
/// </code></example>
public sealed class Run : IDisposable
{
    internal const string StudentStage = "student";

    // The teacher must not start from the weights of a student of the same seed.
    internal const long TeacherSeed = 0x7EAC4E2;

    private const string PlainStage = "plain";

    private readonly Recipe _recipe;
    private readonly RunFolder _folder;
    private readonly Compute _compute;
    private readonly MetricsLog _log;
    private readonly ITrainingObserver _observer;
    private readonly TensorBoardRecorder? _tensorBoard;
    private readonly TimeProvider _time;
    private readonly MethodRegistry _methods;
    private readonly ModelRegistry _models;
    private readonly Replicas _replicas;
    private readonly Stack<IDisposable> _owned = new();
    private StudentStart? _start;

    /// <summary>Prepares a run; no image is read and nothing trained yet, but wrong values, unknown names and missing weights of a teacher or a student are refused.</summary>
    /// <param name="recipe">What to do.</param>
    /// <param name="folder">Where to write; opened and disposed by the caller.</param>
    /// <param name="observer">Is told of progress; nobody by default.</param>
    /// <param name="device">Where to train; the CPU by default.</param>
    /// <param name="time">Dates the report.</param>
    /// <param name="methods">The methods that the recipe may name; those of Retort by default.</param>
    /// <param name="models">The models that the recipe may name; those of Retort by default.</param>
    /// <param name="replicas">The processes that train together, opened and disposed by the caller; this one alone by default.</param>
    /// <exception cref="RetortException">
    /// A value of the recipe is not allowed, a model, a method or an option is unknown, a file of weights cannot be read, there is no such device, or the folder holds a run of
    /// another recipe.
    /// </exception>
    public Run(
        Recipe recipe, RunFolder folder, ITrainingObserver? observer = null, Device? device = null, TimeProvider? time = null,
        MethodRegistry? methods = null, ModelRegistry? models = null, Replicas? replicas = null)
    {
        _recipe = recipe;
        _replicas = replicas ?? Replicas.Alone;
        _folder = folder;
        _time = time ?? TimeProvider.System;
        _methods = methods ?? MethodRegistry.Default;
        _models = models ?? ModelRegistry.Default;
        _compute = RequireUsable(recipe, device, methods, models);
        if (folder.IsResumed)
            BegunRun.RequireSameRecipe(folder.Path, recipe, "resume it with the recipe it was begun with, or begin anew with --overwrite or another folder (--out)");
        AtomicFile.WriteText(folder.RecipeFile, recipe.ToYaml());
        _log = MetricsLog.Open(folder.MetricsFile);
        _observer = new RunRecorder(observer ?? SilentObserver.Instance, _log, folder.DryRunFile);
        if (recipe.Tensorboard is not null)
            _observer = _tensorBoard = Own(new TensorBoardRecorder(_observer, folder.TensorBoardFolder, _time));
    }

    /// <summary>Refuses a recipe whose run could not begin: what the constructor does too, for who has something to lose before it.</summary>
    /// <inheritdoc cref="Run(Recipe, RunFolder, ITrainingObserver?, Device?, TimeProvider?, MethodRegistry?, ModelRegistry?, Replicas?)"/>
    /// <returns>How it would compute.</returns>
    public static Compute RequireUsable(Recipe recipe, Device? device = null, MethodRegistry? methods = null, ModelRegistry? models = null)
    {
        recipe.RequireValid();
        RecipeMethods.RefuseUnknown(recipe, methods ?? MethodRegistry.Default, models ?? ModelRegistry.Default);
        // A file that cannot be read is told before the images are decoded.
        if (recipe.Teacher is { Checkpoint: { } weights } options)
            CheckpointLoader.Read(weights, options.Weights).Dispose();
        if (recipe.Student.Checkpoint is { } start)
            CheckpointLoader.Read(start).Dispose();
        if (recipe.Teacher?.Torchscript is { } script)
            TorchScriptModule.RequireTorchScript(script);
        return Compute.Choose(recipe.Train.Precision, device ?? Device.Cpu);
    }

    /// <summary>Trains every stage that is not finished yet, measures the networks and writes the report.</summary>
    /// <param name="cancel">Stops after the current step, with a checkpoint.</param>
    /// <exception cref="RetortException">The data, a checkpoint or a method does not fit; the message says which and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RunResult Train(CancellationToken cancel = default)
    {
        RunContext context = Prepare(cancel);
        List<NetworkSummary> networks = [];
        TrainOptions train = _recipe.Train;

        (Network student, NetworkShape studentShape) = MakeStudent(context);
        RunTeacher? teacher = MakeTeacher(context);
        string[] untrained = teacher is null ? [] : LookAt(student, studentShape, teacher, context, cancel);
        if (teacher is not null)
            networks.Add(teacher.Complete(_folder, cancel));

        if (_recipe.PlainStudent)
        {
            networks.Add(TrainPlain(studentShape, context, cancel));
            if (teacher?.Record?.NoticeBeside(networks[^1].Accuracy) is { } worse)
                _observer.Notice(worse);
        }

        DistillationObjective objective = Own(MakeObjective(studentShape, teacher?.Shape ?? studentShape, context));
        foreach (DistillationTerm term in objective.TermsThatRelate.Where(_ => train.Accumulate > 1))
        {
            _observer.Notice(
                $"{term.Name} relates the images of a batch, and sees those of a part: {train.Batch / train.Accumulate} at a time (train.accumulate).");
        }

        foreach (DistillationTerm term in objective.TermsOfShares)
        {
            _observer.Notice(
                $"{term.Name} relates the images of a batch, and each process sees its share alone: train.global_batch=true shows it the whole batch.");
        }

        FrozenTeacher? frozen = teacher is null ? null : Own(teacher.Freeze(objective));
        List<FeatureFigure> features = [];
        foreach (MethodStage stage in objective.Stages)
        {
            if (context.Complete(new MethodTrainingStage(stage, objective, _recipe.Student.Model, student, frozen!, train), cancel) is { } figure)
                features.Add(figure);
        }

        NetworkStage distilled = Stage(StudentStage, student, objective, frozen);
        if (objective.NeedsTeacherIn(null) && untrained.Length > 0)
            context.DryRun(distilled, [], cancel);
        context.Complete(distilled, cancel);
        networks.Add(context.Summarise(teacher is null ? "student" : "student distilled", _recipe.Student.Model, student, StudentStage, cancel));

        _replicas.Meet();
        return new RunConclusion(_recipe, _folder, context, _time) { Start = _start }.Write(networks, teacher, features);
    }

    /// <summary>
    /// Trains nothing: reads the images and the teacher, and says what the losses of a teacher that is trained with branches, and of the student,
    /// are made of on their first batch. The observer is told too.
    /// </summary>
    /// <param name="cancel">Stops the reading.</param>
    /// <returns>A result for each of these losses; none where labels are all there is.</returns>
    /// <exception cref="RetortException">The data, a checkpoint or a method does not fit; the message says which and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<DryRunResult> DryRun(CancellationToken cancel = default)
    {
        RunContext context = Prepare(cancel);
        (Network student, NetworkShape shape) = MakeStudent(context);
        if (MakeTeacher(context) is { } teacher)
        {
            teacher.DryRun(cancel);
            LookAt(student, shape, teacher, context, cancel);
        }

        string[] stages = [RunTeacher.StageName, StudentStage];
        DryRunResult[] results = [.. stages.Select(stage => DryRunFile.Read(_folder.DryRunFile(stage))).OfType<DryRunResult>()];
        if (results.Length == 0)
            _observer.Notice("All that is learned from is labels: there are no terms to weigh.");
        return results;
    }

    /// <summary>Frees the networks and closes the log; the folder stays the caller's.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
            owned.Dispose();
        _log.Dispose();
    }

    private RunContext Prepare(CancellationToken cancel)
    {
        TorchRuntime.Threads = _recipe.Train.ThreadCount;
        _observer.Notice($"Computing in {_compute}, threads: {TorchRuntime.Threads}, libtorch {TorchRuntime.Version}, seed {_recipe.Train.Seed}.");
        if (_recipe.Teacher is { IsTrained: false, Train: not null })
            _observer.Notice("teacher.train is not used: the teacher comes trained from its checkpoint.");
        if (_replicas.Notice is { } several)
            _observer.Notice(several);
        DataSplits data = _recipe.Data.Load(_observer.Preparing, cancel);
        _replicas.RequireSame("set of images", $"{Fingerprint(data.Train)} to train on, {Fingerprint(data.Test)} to test on");
        _replicas.RequireSame("way of computing", $"{_compute.Type} on {_compute.Device.Type}");
        foreach (string notice in data.Notices())
            _observer.Notice(notice);
        if (data.Dev is { } dev)
            _observer.Notice($"Of the training images {dev.Count} are held out to choose the best epoch on; {data.Train.Count} are trained on.");
        var card = new NetworkCard
        {
            Model = _recipe.Student.Model, Classes = data.Train.Classes, Normalization = data.Normalization, ImageSize = data.Input.Height,
            Resize = data.Train.Size == data.Input ? null : data.Train.Size.Height,
        };
        return new RunContext(
            data, _recipe.Data.Augment, _compute, new Evaluator(data.Test, data.Normalization, _compute, data.Input, _replicas),
            new CheckpointStore(_folder, card), _models, _observer)
        {
            Dev = data.Dev is null ? null : new Evaluator(data.Dev, data.Normalization, _compute, data.Input, _replicas),
            Replicas = _replicas,
            TensorBoard = _tensorBoard,
            DrawsFeatures = _recipe.Tensorboard is { Histograms: true },
        };
    }

    // Of what must not differ: the images themselves are only as long as their labels are the same.
    private static string Fingerprint(ImageDataset images)
    {
        byte[] labels = [.. MemoryMarshal.AsBytes(images.Labels.ToArray().AsSpan()), .. Encoding.UTF8.GetBytes(string.Join('\n', images.Classes))];
        return $"{images.Count.ToString(CultureInfo.InvariantCulture)} images with labels {Convert.ToHexStringLower(SHA256.HashData(labels))[..12]}";
    }

    private (Network Student, NetworkShape Shape) MakeStudent(RunContext context)
    {
        Network student = CreateStudent(context);
        if (_start?.Notice(context.Data.Normalization) is { } otherwise)
            _observer.Notice(otherwise);
        _replicas.RequireSame("start of the student", _start?.Sha256 ?? "none");
        return (student, context.ShapeOf(_recipe.Student.Model, student));
    }

    private Network CreateStudent(RunContext context)
    {
        Network student = Own(context.Create(_recipe.Student.Model, _recipe.Train.Seed));
        _start = StudentStart.Load(student, _recipe.Student, context.Data);
        return student;
    }

    private RunTeacher? MakeTeacher(RunContext context)
    {
        if (_recipe.Teacher is not { } options)
            return null;
        RunTeacher teacher = Own(new RunTeacher(_recipe, options, context));
        teacher.Load();
        return teacher;
    }

    /// <summary>Looks at the student's loss before anything trains for hours; the methods are bound for good when the teacher is trained.</summary>
    /// <returns>The stages that have still to train what the loss hangs on.</returns>
    private string[] LookAt(Network student, NetworkShape shape, RunTeacher teacher, RunContext context, CancellationToken cancel)
    {
        using DistillationObjective trial = MakeObjective(shape, teacher.Shape, context);
        foreach (MethodStage stage in trial.Stages.Where(stage => stage.Checkpoint is not null))
            LearnerFile.Load(stage, teacher: null);
        string[] untrained =
        [
            .. _recipe.Teacher!.IsTrained ? (string[])[RunTeacher.StageName] : [],
            .. trial.Stages.Where(stage => stage.Checkpoint is null).Select(stage => stage.Name),
        ];
        using FrozenTeacher asItIs = teacher.Freeze(trial);
        if (trial.NeedsTeacherIn(null))
            context.DryRun(Stage(StudentStage, student, trial, asItIs), untrained, cancel);
        return untrained;
    }

    private NetworkSummary TrainPlain(NetworkShape shape, RunContext context, CancellationToken cancel)
    {
        Network plain = CreateStudent(context);
        context.Complete(Stage(PlainStage, plain, Own(context.LabelsOnly(_recipe.Train, shape)), teacher: null), cancel);
        return context.Summarise("student alone", _recipe.Student.Model, plain, PlainStage, cancel);
    }

    private NetworkStage Stage(string name, Network student, DistillationObjective objective, FrozenTeacher? teacher) =>
        new(student, objective, teacher) { Name = name, NetworkName = _recipe.Student.Model, Options = _recipe.Train };

    private DistillationObjective MakeObjective(NetworkShape student, NetworkShape teacher, RunContext context)
    {
        // Seeded anew, so that a method's modules do not depend on which stages ran in this process.
        TorchRuntime.Seed(_recipe.Train.Seed);
        IReadOnlyList<double>? classWeights = _recipe.Train.ClassWeights?.Of(context.Data.Train); // before the methods, which it may leave without owner
        var objective = new DistillationObjective(
            _recipe.Distill.Where(t => t.IsCrossEntropy).Sum(t => t.Weight), _recipe.Train.LabelSmoothing, RecipeMethods.MakeAll(_recipe, _methods), student, teacher,
            context.Data.Train.Labels.ToArray(), classWeights);
        objective.Join(_replicas.Exchange, _recipe.Train.GlobalBatch);
        objective.To(_compute.Device).To(MemoryFormat.ChannelsLast);
        return objective;
    }

    private T Own<T>(T module)
        where T : IDisposable
    {
        _owned.Push(module);
        return module;
    }
}
