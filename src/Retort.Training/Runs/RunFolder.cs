namespace Retort.Training.Runs;

/// <summary>
/// The folder of a run, <c>runs/NAME/</c>, held for as long as this object lives: no second run can write it. Everything that could
/// stop a run later and can be seen now (another run, foreign files, no right to write, no space) is refused when it is opened.
/// </summary>
public sealed class RunFolder : IDisposable
{
    /// <summary>Free space that a run asks for when nothing else is said: 64 MiB.</summary>
    public const long DefaultNeededBytes = 64L << 20;

    internal const string RecipeName = "recipe.yaml", MetricsName = "metrics.jsonl", StudentName = "student.safetensors", ModelName = "student.onnx", CheckpointsName = "checkpoints",
        TeacherName = "teacher.json";

    private const string StateName = "run.state";
    private const string Begun = "begun";
    private const string Finished = "finished";

    private const string ReportName = "report.html", TensorBoardName = "tensorboard", DryRunName = "dry-run", Json = ".json";

    private readonly RunLock _lock;
    private readonly TimeProvider _time;

    private RunFolder(string path, RunLock held, TimeProvider time)
    {
        Path = path;
        _lock = held;
        _time = time;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>A run that began earlier goes on. False also when there was nothing to resume.</summary>
    public bool IsResumed { get; private init; }

    /// <summary>The run in the folder was already finished when it was opened.</summary>
    public bool WasFinished { get; private init; }

    /// <summary>The run in the folder ended without giving the folder back: it was killed, or the machine stopped.</summary>
    public bool WasKilled { get; private init; }

    /// <summary>The resolved recipe.</summary>
    public string RecipeFile => File(RecipeName);

    /// <summary>The student's final weights.</summary>
    public string StudentFile => File(StudentName);

    /// <summary>A line for each epoch.</summary>
    public string MetricsFile => File(MetricsName);

    /// <summary>Which teacher the run had, and how good it was.</summary>
    public string TeacherFile => File(TeacherName);

    /// <summary>The report.</summary>
    public string ReportFile => File(ReportName);

    /// <summary>Folder of the events for TensorBoard.</summary>
    public string TensorBoardFolder => File(TensorBoardName);

    /// <summary>Folder of the checkpoints.</summary>
    public string CheckpointsFolder => File(CheckpointsName);

    private string StateFile => File(StateName);

    /// <summary>Takes a folder for a run, and makes it where it is missing.</summary>
    /// <param name="path">The folder, as "runs/kd-resnet20-resnet8".</param>
    /// <param name="existing">What to do when a run is in it already. Files that are no run's are never touched, but refused.</param>
    /// <param name="time">Clock for what is written into the folder; the system's by default.</param>
    /// <param name="neededBytes">Free space that the disk must have.</param>
    /// <exception cref="RunFolderException">The folder is in use, holds something else, or cannot be written.</exception>
    /// <exception cref="DiskFullException">The disk has too little space.</exception>
    public static RunFolder Open(string path, ExistingRun existing, TimeProvider? time = null, long neededBytes = DefaultNeededBytes)
    {
        time ??= TimeProvider.System;
        path = System.IO.Path.TrimEndingDirectorySeparator(path);
        try
        {
            Directory.CreateDirectory(path);
            RefuseForeignFiles(path);
            return Enter(path, RunLock.Take(path, time), existing, time, neededBytes);
        }
        catch (IOException full) when (DiskSpace.IsFull(full))
        {
            throw new DiskFullException(path, full);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new RunFolderException(
                path, $"The run's folder '{path}' cannot be written ({failure.Message.TrimEnd('.')}): choose another with --out, or change its rights.", failure);
        }
    }

    /// <summary>Whether a folder is a run's.</summary>
    /// <param name="path">The folder, which need not exist.</param>
    public static bool HoldsRun(string path) => System.IO.File.Exists(System.IO.Path.Combine(path, StateName));

    /// <summary>Whether a folder holds a run that reached its end.</summary>
    /// <param name="path">The folder, which need not exist.</param>
    public static bool IsFinished(string path) =>
        HoldsRun(path)
        && System.IO.File.ReadAllText(System.IO.Path.Combine(path, StateName)).StartsWith(Finished, StringComparison.Ordinal);

    /// <summary>Whether a process, also this one, holds a folder.</summary>
    /// <param name="path">The folder, which need not exist.</param>
    internal static bool IsHeld(string path) => RunLock.IsTaken(path);

    /// <summary>Path of a file in the folder.</summary>
    /// <param name="name">As "student.onnx".</param>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What the loss of a stage was made of before its first step.</summary>
    /// <param name="stage">The stage's name; the student's file has none.</param>
    public string DryRunFile(string stage) => File(stage == Run.StudentStage ? DryRunName + Json : $"{DryRunName}-{stage}{Json}");

    /// <summary>Path of a checkpoint's folder; write it with <see cref="AtomicFolder"/>.</summary>
    /// <param name="name">As "last" or "best".</param>
    public string Checkpoint(string name) => System.IO.Path.Combine(CheckpointsFolder, name);

    /// <summary>Refuses to write into a folder that was taken away under the run: what would be made in its place is no run, and locked by nobody.</summary>
    /// <exception cref="RetortException">The folder, or the lock in it, is gone.</exception>
    public void RequireHeld()
    {
        if (!System.IO.File.Exists(File(RunLock.FileName)))
        {
            throw new RetortException(
                $"The run's folder '{Path}' was removed or moved while the run was writing it, so nothing more can be saved there: "
                + "put it back and say --resume, or begin anew.");
        }
    }

    /// <summary>Notes that the run reached its end: from now on it is not begun anew unless that is said.</summary>
    public void Finish() => WriteState(Finished);

    /// <summary>Gives the folder back.</summary>
    public void Dispose() => _lock.Dispose();

    private static RunFolder Enter(string path, RunLock held, ExistingRun existing, TimeProvider time, long neededBytes)
    {
        try
        {
            return EnterLocked(path, held, existing, time, neededBytes);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static RunFolder EnterLocked(string path, RunLock held, ExistingRun existing, TimeProvider time, long neededBytes)
    {
        var folder = new RunFolder(path, held, time);
        var finished = IsFinished(path);
        var holdsRun = finished || folder.HoldsWork();
        if (holdsRun && existing == ExistingRun.Refuse)
        {
            throw new RunFolderException(path, finished
                ? $"'{path}' already holds a finished run: choose another folder with --out, or say --overwrite to delete it."
                : $"'{path}' already holds a run that is not finished: say --resume to go on with it, --overwrite to delete it, or choose another folder with --out.");
        }
        var resumed = holdsRun && existing == ExistingRun.Resume;
        if (!resumed)
            folder.Empty();
        System.IO.File.Delete(folder.File(RunFailure.FileName));
        if (DiskSpace.Free(path) is { } free && free < neededBytes)
            throw new DiskFullException(path, free, neededBytes);
        if (resumed)
            return new RunFolder(path, held, time) { IsResumed = true, WasFinished = finished, WasKilled = held.WasAbandoned };
        folder.WriteState(Begun);
        return folder;
    }

    // A run that failed before its first epoch or checkpoint left nothing that is worth a question.
    private bool HoldsWork() =>
        new FileInfo(MetricsFile) is { Exists: true, Length: > 0 }
        || (Directory.Exists(CheckpointsFolder) && Directory.EnumerateFileSystemEntries(CheckpointsFolder).Any());

    private static void RefuseForeignFiles(string path)
    {
        if (System.IO.File.Exists(System.IO.Path.Combine(path, StateName)))
            return;
        if (Names(path).FirstOrDefault(name => !RunLock.Owns(name) && name != RunFailure.FileName) is { } foreign)
        {
            throw new RunFolderException(
                path, $"'{path}' holds files that are no run's, such as '{foreign}': choose a new or empty folder with --out.");
        }
    }

    /// <summary>Whether a file is part of the run in a folder, so that overwriting the run deletes it.</summary>
    public static bool Owns(string path, string file)
    {
        string first = System.IO.Path.GetRelativePath(path, file).Split(System.IO.Path.DirectorySeparatorChar)[0];
        return first == CheckpointsName || IsWritten(first);
    }

    // What somebody put beside a run (notes, a copy of its checkpoints) is not ours to delete. A kill on the way leaves the old run without its checkpoints,
    // or one that has just begun, with the old recipe to the last: a new recipe never goes on from old weights.
    private void Empty()
    {
        string leaving = CheckpointsFolder + AtomicFile.Beside; // not by AtomicFolder, which takes a 'checkpoints.old' for its own
        Delete(leaving);
        if (Directory.Exists(CheckpointsFolder))
            Directory.Move(CheckpointsFolder, leaving); // all at once: half of them would pass for the run's
        Delete(leaving);
        if (HoldsRun(Path))
            WriteState(Begun);
        foreach (string name in Names(Path).Where(IsWritten).OrderBy(name => name.StartsWith(RecipeName, StringComparison.Ordinal)).ToList())
            Delete(File(name));
    }

    private static void Delete(string entry)
    {
        if (Directory.Exists(entry))
            Directory.Delete(entry, recursive: true);
        else
            System.IO.File.Delete(entry);
    }

    // Also half written.
    private static bool IsWritten(string name)
    {
        name = name.EndsWith(AtomicFile.Beside, StringComparison.Ordinal) ? name[..^AtomicFile.Beside.Length] : name;
        return name is RecipeName or MetricsName or TeacherName or ReportName or StudentName or ModelName or TensorBoardName or DryRunName + Json
            || (name.StartsWith(DryRunName + "-", StringComparison.Ordinal) && name.EndsWith(Json, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Names(string path) => Directory.EnumerateFileSystemEntries(path).Select(entry => System.IO.Path.GetFileName(entry));

    private void WriteState(string state) => AtomicFile.WriteText(StateFile, $"{state} {_time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC\n");
}
