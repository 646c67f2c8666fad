using System.Globalization;
using Retort.Training.Runs;

namespace Retort.Training.Teachers;

/// <summary>The files of a <see cref="TeacherCache"/>: those of one variant of the images are open at a time, and all keep within a budget.</summary>
/// <param name="root">Folder of all caches.</param>
/// <param name="name">Name of this one's folder.</param>
/// <param name="key">What stands in its <c>key.txt</c>.</param>
/// <param name="samples">Records of a file.</param>
/// <param name="budget">Most bytes of all caches below <paramref name="root"/>.</param>
/// <param name="notice">Is told, once, when no more is kept.</param>
internal sealed class TeacherCacheFiles(string root, string name, string key, int samples, long budget, Action<string> notice) : IDisposable
{
    private const string Extension = ".cache";
    private const int NoVariant = -1;

    // For others that are making files; where it does not last, this batch is not kept, and the next one is tried.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder = Path.Combine(root, name);
    private readonly Dictionary<string, TeacherCacheFile> _open = [];
    private int _variant = NoVariant;
    private bool _isStopped;

    /// <summary>From here on files of this variant of the images are meant.</summary>
    public void TurnTo(int variant)
    {
        if (variant == _variant)
            return;
        foreach (TeacherCacheFile file in _open.Values)
            file.Dispose();
        _open.Clear();
        _variant = variant;
    }

    /// <summary>The file of an output; null where there is none that can be used.</summary>
    /// <param name="output">The logits, or a tap.</param>
    /// <param name="way">In which way the images are shown; 0: as they are.</param>
    public TeacherCacheFile? Find(string output, int way)
    {
        string path = PathOf(output, way);
        if (!_open.TryGetValue(path, out TeacherCacheFile? file))
        {
            try
            {
                file = TeacherCacheFile.Open(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Stop($"'{path}' cannot be read ({failure.Message.TrimEnd('.')})");
            }

            if (file is not null)
                _open.Add(path, file);
        }

        return file?.Layout.Samples == samples ? file : null;
    }

    /// <summary>The file of an output, made where there is none of that layout; null where there is no room for it.</summary>
    /// <param name="output">The logits, or a tap.</param>
    /// <param name="way">In which way the images are shown; 0: as they are.</param>
    /// <param name="layout">Of its records.</param>
    public TeacherCacheFile? FindOrMake(string output, int way, RecordLayout layout) =>
        Find(output, way) is { } file && file.Layout == layout ? file : Make(output, way, layout);

    /// <summary>Closes the files; they stay.</summary>
    public void Dispose() => TurnTo(NoVariant);

    private TeacherCacheFile? Make(string output, int way, RecordLayout layout)
    {
        if (_isStopped)
            return null;
        string path = PathOf(output, way);
        if (_open.Remove(path, out TeacherCacheFile? unfit))
            unfit.Dispose();
        TeacherCacheFile? made = null;
        try
        {
            Directory.CreateDirectory(_folder);
            SpinWait.SpinUntil(() => RunLock.WhileFree(root, () => made = MakeAlone(path, output, layout)), Patience);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or RetortException)
        {
            Stop($"it cannot be written ({failure.Message.TrimEnd('.')})");
        }

        if (made is not null)
            _open.Add(path, made);
        return made;
    }

    // While no other process makes a file below the root.
    private TeacherCacheFile? MakeAlone(string path, string output, RecordLayout layout)
    {
        if (TeacherCacheFile.Open(path, layout) is { } others)
            return others; // they were first
        string keyFile = Path.Combine(_folder, "key.txt");
        if (!File.Exists(keyFile))
            AtomicFile.WriteText(keyFile, key);
        long used = new DirectoryInfo(root).EnumerateFiles("*" + Extension, SearchOption.AllDirectories).Sum(file => file.Length);
        if (used + layout.FileBytes <= budget)
            return TeacherCacheFile.Create(path, layout);
        Stop(
            $"{DiskSpace.Size(used)} of {DiskSpace.Size(budget)} are used, and {output} of an epoch takes {DiskSpace.Size(layout.FileBytes)}: "
            + "raise 'teacher.cache.max_gb', or delete folders there that are no longer needed");
        return null;
    }

    private void Stop(string why)
    {
        if (_isStopped)
            return;
        _isStopped = true;
        notice($"No more outputs of the teacher are kept in '{root}': {why}. What is not there is computed, with the same results.");
    }

    private string PathOf(string output, int way) => Path.Combine(
        _folder,
        string.Create(CultureInfo.InvariantCulture, $"{output}-{_variant}{(way == 0 ? "" : $"-way{way}")}{Extension}"));
}
