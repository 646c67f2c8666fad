using System.Globalization;
using Retort.Training.Runs;

namespace Retort.Training.Checkpoints;

/// <summary>Checkpoints of other epochs beside the newest or best one: "last-epoch-7" beside "last".</summary>
/// <param name="current">Path of the newest or best.</param>
internal sealed class EpochFolders(string current)
{
    private const string Infix = "-epoch-";

    /// <summary>Path of an epoch's folder.</summary>
    public string PathOf(int epoch) => $"{current}{Infix}{epoch}";

    /// <summary>The folders whose state can be read, the latest epoch first.</summary>
    public IEnumerable<(int Epoch, string Path, CheckpointState State)> All() =>
        from folder in Folders()
        orderby folder.Epoch descending
        let state = CheckpointFolder.TryReadState(folder.Path)
        where state is not null
        select (folder.Epoch, folder.Path, state);

    /// <summary>Keeps a checkpoint that is no longer the newest or best, or removes it.</summary>
    /// <param name="old">Its folder.</param>
    /// <param name="epochOf">The epoch to keep it as; null to remove it.</param>
    public void Take(string old, Func<CheckpointState, int?> epochOf)
    {
        if (CheckpointFolder.TryReadState(old) is not { } state || epochOf(state) is not { } epoch)
        {
            Directory.Delete(old, recursive: true);
            return;
        }

        AtomicFolder.Delete(PathOf(epoch));
        Directory.Move(old, PathOf(epoch));
    }

    /// <summary>Removes all but those that are to be kept, and what a kill left of one.</summary>
    public void Prune(IReadOnlyCollection<int> kept)
    {
        foreach ((int epoch, string path) in Folders())
        {
            if (!kept.Contains(epoch))
                AtomicFolder.Delete(path);
        }
    }

    // A name with an ending (.tmp, .old) is what a kill left; it belongs to the same epoch.
    private List<(int Epoch, string Path)> Folders()
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(current))!, start = Path.GetFileName(current) + Infix;
        if (!Directory.Exists(parent))
            return [];
        return
        [
            .. Directory.EnumerateDirectories(parent, start + "*").Select(path => Path.GetFileName(path)[start.Length..].Split('.')[0])
                .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch) ? epoch : 0)
                .Where(epoch => epoch > 0).Distinct().Select(epoch => (epoch, PathOf(epoch))),
        ];
    }
}
