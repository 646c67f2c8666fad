using System.Text;
using System.Text.Json;
using Retort.Training.Progress;

namespace Retort.Training.Runs;

/// <summary>
/// <c>metrics.jsonl</c>: a JSON object for each epoch, a line each, in the order in which they ran. Lines are only ever appended and
/// flushed; a kill can tear the last one, which is then cut off when the run goes on.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private const byte NewLine = (byte)'\n';

    private readonly string _path;
    private readonly FileStream _file;

    private MetricsLog(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Opens the log to append to it, and makes it where it is missing. A torn last line is cut off.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RetortException">A line other than a torn last one is no epoch's.</exception>
    public static MetricsLog Open(string path)
    {
        // Unbuffered: what a full disk refused must not be tried again when the file is closed.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var lines = Lines(File(file), path);
            file.SetLength(lines.Count == 0 ? 0 : lines[^1].End);
            file.Seek(0, SeekOrigin.End);
            return new MetricsLog(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads all epochs. A torn last line does not count; a file that does not exist has none.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="RetortException">A line other than a torn last one is no epoch's.</exception>
    public static IReadOnlyList<EpochResult> Read(string path)
    {
        if (!System.IO.File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return [.. Lines(File(file), path).Select(l => l.Epoch)];
    }

    /// <summary>Appends an epoch; it is on the disk when this returns.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <exception cref="DiskFullException">The disk is full.</exception>
    /// <exception cref="RetortException">The file was removed: what is written to it would be seen by nobody.</exception>
    public void Append(EpochResult epoch)
    {
        if (!System.IO.File.Exists(_path))
            throw new RetortException($"'{_path}' was removed while the run was writing it: put it back and say --resume, or begin anew with --overwrite.");
        var before = _file.Length;
        try
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(epoch, MetricsJson.Default.EpochResult), NewLine]);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException full) when (DiskSpace.IsFull(full))
        {
            TryCut(before);
            throw new DiskFullException(_path, full);
        }
    }

    /// <summary>
    /// Takes the log back to where a checkpoint stands: what came after that epoch goes. Lines of earlier stages stay; a stage that
    /// is not in the log takes nothing away.
    /// </summary>
    /// <param name="stage">The stage's name.</param>
    /// <param name="epoch">The last epoch to keep; 0 keeps none of that stage.</param>
    public void CutAfter(string stage, int epoch)
    {
        _file.Seek(0, SeekOrigin.Begin);
        long end = 0;
        foreach (var line in Lines(File(_file), _path))
        {
            if (line.Epoch.Stage == stage && line.Epoch.Epoch > epoch)
                break;
            end = line.End;
        }
        _file.SetLength(end);
        _file.Seek(0, SeekOrigin.End);
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static byte[] File(FileStream file)
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private static List<(EpochResult Epoch, long End)> Lines(byte[] content, string path)
    {
        List<(EpochResult, long)> lines = [];
        for (var start = 0; start < content.Length;)
        {
            var length = content.AsSpan(start).IndexOf(NewLine);
            if (length < 0)
                break;
            lines.Add((Epoch(content.AsSpan(start, length), path, lines.Count + 1), start + length + 1));
            start += length + 1;
        }
        return lines;
    }

    private static EpochResult Epoch(ReadOnlySpan<byte> line, string path, int number)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, MetricsJson.Default.EpochResult) is { Stage: not null, Terms: not null } epoch)
                return epoch;
        }
        catch (JsonException)
        {
            // Told below, with the place.
        }
        var shown = Encoding.UTF8.GetString(line[..Math.Min(line.Length, 40)]);
        throw new RetortException($"{path}:{number}: '{shown}' is not an epoch's figures: mend or delete the line, or begin the run anew.");
    }

    private void TryCut(long length)
    {
        try
        {
            _file.SetLength(length);
            _file.Seek(0, SeekOrigin.End);
        }
        catch (IOException)
        {
            // A torn line is left then, which the next opening cuts off.
        }
    }
}
