using Retort.Torch.Serialization;
using Retort.Training.Runs;
using Retort.Training.Stages;

namespace Retort.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run: <c>last/</c> holds all that is needed to go on, <c>best/</c> the weights of the best epoch, and a finished
/// stage its final weights in a folder of its own name. Earlier epochs of the running stage are beside them where more are to be kept:
/// <c>last-epoch-7/</c>, <c>best-epoch-4/</c>. Each folder is replaced as a whole, and none is removed before its successor is on the disk.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="card">Describes the networks; its model is replaced by the stage's.</param>
public sealed class CheckpointStore(RunFolder folder, NetworkCard card)
{
    private const string Last = "last", Best = "best";

    private readonly StageFiles _files = new(card);
    private readonly EpochFolders _earlierLast = new(folder.Checkpoint(Last));
    private readonly EpochFolders _runnersUp = new(folder.Checkpoint(Best));

    /// <summary>Brings a session to where its newest whole checkpoint stands, if there is any of this stage.</summary>
    /// <param name="session">The stage, just begun or as it went wrong.</param>
    /// <param name="tell">Is told of checkpoints that are damaged and passed over.</param>
    /// <returns>Whether there was anything to resume.</returns>
    /// <exception cref="CheckpointException">There are checkpoints, but none is whole.</exception>
    public bool Resume(StageSession session, Action<string>? tell = null)
    {
        AtomicFolder.Recover(folder.Checkpoint(Last), RetireLast);
        CheckpointException? damage = null;
        foreach (string path in Resumable())
        {
            try
            {
                if (CheckpointFolder.ReadState(path).Stage != session.Stage.Name)
                    continue;
                StageFiles.Load(path, session);
                if (damage is null)
                    PruneLast(session);
                else
                    tell?.Invoke($"Warning: a checkpoint is passed over, {damage.Message} The one before it is whole, and is gone on from: {path}.");
                return true;
            }
            catch (CheckpointException e)
            {
                damage ??= e;
            }
        }

        return damage is null ? false : throw damage;
    }

    /// <summary>Whether a stage has trained, to its end or to a checkpoint.</summary>
    public bool HasBegun(string stage) => Finished(stage) is not null || Newest(stage) is not null;

    /// <summary>Says which checkpoint a stage could go on from, for people; null where it has none.</summary>
    public string? Shown(string stage) => Newest(stage) is var (path, state) ? $"'{path}', of {state.Progress.Place}" : null;

    /// <summary>Whether a stage was finished; its weights are then loaded by <see cref="LoadFinished"/>.</summary>
    /// <returns>What it reached; null when it was not finished.</returns>
    public StageResult? Finished(string stage) =>
        AtomicFolder.Find(folder.Checkpoint(stage)) is { } path ? CheckpointFolder.ReadState(path).Progress.Result() : null;

    /// <summary>Loads the final weights of a finished stage into its modules.</summary>
    /// <exception cref="CheckpointException">A file is missing or damaged.</exception>
    public void LoadFinished(TrainingStage stage)
    {
        string path = AtomicFolder.Find(folder.Checkpoint(stage.Name))!;
        CheckpointFolder.RequireWhole(path, CheckpointFolder.ReadState(path));
        StageFiles.LoadWeights(path, stage);
    }

    /// <summary>Saves everything needed to go on. What it replaces stays as an earlier epoch's, where the stage's options keep any.</summary>
    public void SaveLast(StageSession session)
    {
        folder.RequireHeld();
        AtomicFolder.Write(folder.Checkpoint(Last), path => _files.WriteAll(path, session), RetireLast);
        PruneLast(session);
    }

    /// <summary>Saves the weights of an evaluated epoch, averaged where they are averaged, if it is the best or among the best that are kept.</summary>
    /// <param name="session">The stage, before its epoch is closed.</param>
    /// <param name="isBest">Whether it is the best so far.</param>
    public void SaveBest(StageSession session, bool isBest)
    {
        StageProgress progress = session.Progress;
        AtomicFolder.Recover(folder.Checkpoint(Best), RetireBest);
        IEnumerable<StageProgress> others = isBest ? Evaluated(session) : Evaluated(session).Append(progress);
        int[] kept =
        [
            .. others.Where(p => p.Epoch != progress.BestEpoch).OrderByDescending(p => p.ChoosingAccuracy).ThenBy(p => p.Epoch)
                .Take(session.Stage.Options.KeepBest - 1).Select(p => p.Epoch),
        ];
        if (!isBest && !kept.Contains(progress.Epoch))
            return;
        folder.RequireHeld();
        session.WithAverage(() =>
        {
            if (isBest)
                AtomicFolder.Write(folder.Checkpoint(Best), path => _files.WriteWeights(path, session), RetireBest);
            else
                AtomicFolder.Write(_runnersUp.PathOf(progress.Epoch), path => _files.WriteWeights(path, session));
            return true;
        });
        _runnersUp.Prune(kept);
    }

    /// <summary>Saves the final weights of a stage.</summary>
    public void Finish(StageSession session)
    {
        folder.RequireHeld();
        AtomicFolder.Write(folder.Checkpoint(session.Stage.Name), path => _files.WriteWeights(path, session));
    }

    /// <summary>Path of a finished stage's network.</summary>
    public string NetworkFile(string stage) => Path.Combine(Folder(stage), "network.safetensors");

    /// <summary>Path of a finished stage's folder.</summary>
    public string Folder(string stage) => folder.Checkpoint(stage);

    /// <summary>The newest and the best checkpoints that are kept, by name, with what to say of them.</summary>
    public IEnumerable<KeyValuePair<string, StageProgress>> Kept()
    {
        string[] paths = [.. Resumable(), folder.Checkpoint(Best), .. _runnersUp.All().Select(e => e.Path)];
        return from path in paths
               let state = Directory.Exists(path) ? CheckpointFolder.TryReadState(path) : null
               where state is not null
               select KeyValuePair.Create(Path.GetFileName(path), state.Progress);
    }

    // Newest first.
    private IEnumerable<string> Resumable()
    {
        if (AtomicFolder.Find(folder.Checkpoint(Last)) is { } last)
            yield return last;
        foreach ((_, string path, _) in _earlierLast.All())
            yield return path;
    }

    private (string Path, CheckpointState State)? Newest(string stage)
    {
        foreach (string path in Resumable())
        {
            if (CheckpointFolder.TryReadState(path) is { } state && state.Stage == stage)
                return (path, state);
        }

        return null;
    }

    // What was replaced stays for as long as it takes to see whether it is one of those to keep.
    private void RetireLast(string old) => _earlierLast.Take(old, state => state.Progress is { Step: 0, EpochsDone: > 0 } ended ? ended.EpochsDone : null);

    private void RetireBest(string old) => _runnersUp.Take(old, state => state.Progress.Epoch);

    private void PruneLast(StageSession session) =>
        _earlierLast.Prune([.. _earlierLast.All().Where(e => IsEarlier(e.State, session)).Take(session.Stage.Options.KeepLast - 1).Select(e => e.Epoch)]);

    // Epochs that are about to be made again do not count.
    private static bool IsEarlier(CheckpointState state, StageSession session) =>
        state.Stage == session.Stage.Name && state.Progress is { Step: 0, EpochsDone: > 0 } before
        && (before.EpochsDone < session.Progress.EpochsDone || (before.EpochsDone == session.Progress.EpochsDone && session.Progress.Step > 0));

    private static bool IsBefore(CheckpointState state, StageSession session) =>
        state.Stage == session.Stage.Name && state.Progress.Epoch < session.Progress.Epoch;

    private IEnumerable<StageProgress> Evaluated(StageSession session) =>
        from state in _runnersUp.All().Select(e => e.State)
            .Append(CheckpointFolder.TryReadState(folder.Checkpoint(Best)))
        where state is not null && IsBefore(state, session)
        select state.Progress;
}
