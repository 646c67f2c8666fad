using System.Formats.Tar;
using System.IO.Compression;

namespace Retort.Training.Data.Fetching;

/// <summary>
/// Unpacks a .tar.gz into a new folder. Only plain files and folders below that folder come out of it: paths that lead elsewhere, links,
/// devices, a second file of one name, and archives that unpack to more than was allowed are refused, and nothing of them is used.
/// </summary>
internal static class ArchiveUnpacking
{
    private const int MostEntries = 10_000;

    /// <summary>Unpacks an archive.</summary>
    /// <param name="archive">The file.</param>
    /// <param name="folder">An empty folder that nobody else writes.</param>
    /// <param name="mostBytes">Bytes that it may unpack to, with its own headers.</param>
    /// <param name="cancel">Stops between files.</param>
    /// <exception cref="FetchException">The archive is damaged, or wants what is refused; the message names the entry.</exception>
    public static void Unpack(string archive, string folder, long mostBytes, CancellationToken cancel)
    {
        string entry = "";
        try
        {
            using FileStream file = File.OpenRead(archive);
            using var content = new BoundedStream(new GZipStream(file, CompressionMode.Decompress), mostBytes);
            using var tar = new TarReader(content);
            for (int i = 0; tar.GetNextEntry() is { } next; i++)
            {
                cancel.ThrowIfCancellationRequested();
                entry = $", entry '{next.Name}'";
                if (i >= MostEntries) throw new InvalidDataException($"it has more than {MostEntries} entries");
                Unpack(next, folder);
            }
        }
        catch (Exception bad) when (bad is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new FetchException($"Archive '{archive}'{entry} cannot be unpacked: {bad.Message.TrimEnd('.')}; fetch it from another place with --mirror.", bad);
        }
    }

    private static void Unpack(TarEntry entry, string folder)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.GlobalExtendedAttributes:
                return; // comments on the archive
            case TarEntryType.Directory:
                Directory.CreateDirectory(PathOf(entry, folder));
                return;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                string path = PathOf(entry, folder);
                if (Path.Exists(path)) throw new InvalidDataException("there is something of that name already");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                    entry.DataStream?.CopyTo(target);
                return;
            default:
                throw new InvalidDataException($"it is a {entry.EntryType}, and only files and folders are unpacked");
        }
    }

    private static string PathOf(TarEntry entry, string folder)
    {
        string name = entry.Name;
        string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar, path = Path.GetFullPath(Path.Combine(root, name));
        bool leadsOut = Path.IsPathRooted(name) || name.Contains('\\', StringComparison.Ordinal) || name.Split('/').Contains("..")
            || !(path + Path.DirectorySeparatorChar).StartsWith(root, StringComparison.Ordinal);
        return leadsOut ? throw new InvalidDataException("its path leads out of the folder") : path;
    }
}
