using System.Buffers.Binary;
using System.Text;

namespace Retort.Torch.Serialization;

/// <summary>
/// The directory of a zip archive as torch.save writes it: every entry stored as it is, so that it is a part of the file. Entries are
/// never extracted; their names are only keys. What is compressed, encrypted, or larger than the file is refused.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56, EntrySize = 46, LocalSize = 30;
    private const uint EndMark = 0x06054b50, LocatorMark = 0x07064b50, End64Mark = 0x06064b50, EntryMark = 0x02014b50, LocalMark = 0x04034b50;
    private const int LongestComment = ushort.MaxValue;
    private const long MostDirectoryBytes = 64 << 20;
    private const ushort Zip64Extra = 1;

    private readonly CheckpointSource _source;
    private readonly Dictionary<string, Entry> _entries = [];
    private long _dataEnd;

    public ZipDirectory(CheckpointSource source)
    {
        _source = source;
        var (offset, size, count) = FindEnd();
        if (size < 0 || offset < 0 || size > source.Length || offset > source.Length - size)
            throw Damaged($"the directory of the archive claims {size} bytes from byte {offset} of {source.Length}");
        if (size > MostDirectoryBytes || count > size / EntrySize)
            throw Damaged($"the archive claims {count} entries in {size} bytes");
        _dataEnd = offset;
        byte[] directory = new byte[(int)size];
        source.Read(offset, directory);
        ReadEntries(directory, count);
    }

    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Where an entry's bytes are in the file; null: there is no such entry.</summary>
    public (long Offset, long Length)? Find(string name)
    {
        if (!_entries.TryGetValue(name, out Entry entry))
            return null;
        if (entry.IsPacked || entry.Stored != entry.Length)
        {
            throw _source.Fault(
                $"entry \"{name}\" of the archive is compressed or encrypted, which torch.save never does; save the file again with torch.save.");
        }

        if (entry.Local < 0 || entry.Local > _dataEnd - LocalSize)
            throw Damaged($"entry \"{name}\" of the archive begins at byte {entry.Local} of {_dataEnd}");
        Span<byte> local = stackalloc byte[LocalSize];
        _source.Read(entry.Local, local);
        long start = entry.Local + LocalSize + U16(local, 26) + U16(local, 28);
        if (U32(local, 0) != LocalMark || entry.Length > _dataEnd - start)
            throw Damaged($"entry \"{name}\" of the archive claims {entry.Length} bytes from byte {start} of {_dataEnd}");
        return (start, entry.Length);
    }

    private (long Offset, long Size, long Count) FindEnd()
    {
        int length = (int)Math.Min(_source.Length, EndSize + LongestComment);
        long start = _source.Length - length;
        byte[] tail = new byte[length];
        _source.Read(start, tail);
        for (int at = length - EndSize; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (U32(end, 0) != EndMark || U16(end, 20) != end.Length - EndSize)
                continue;
            long locator = start + at - LocatorSize;
            return locator >= 0 && FindEnd64(locator) is { } large ? large : (U32(end, 16), U32(end, 12), U16(end, 10));
        }

        throw _source.Fault("the end of the archive is missing; the file is cut off: copy or download it again.");
    }

    private (long Offset, long Size, long Count)? FindEnd64(long locatorAt)
    {
        Span<byte> record = stackalloc byte[End64Size];
        _source.Read(locatorAt, record[..LocatorSize]);
        if (U32(record, 0) != LocatorMark)
            return null;
        long at = (long)BinaryPrimitives.ReadUInt64LittleEndian(record[8..]);
        if (at < 0 || at > _source.Length - End64Size)
            throw Damaged($"the archive's end record claims to be at byte {at} of {_source.Length}");
        _source.Read(at, record);
        if (U32(record, 0) != End64Mark)
            throw Damaged("the archive's end record is not where it should be");
        return (U64(record, 48), U64(record, 40), U64(record, 32));
    }

    private void ReadEntries(ReadOnlySpan<byte> directory, long count)
    {
        Int128 total = 0;
        for (long i = 0; i < count; i++)
        {
            if (directory.Length < EntrySize || U32(directory, 0) != EntryMark)
                throw Damaged($"entry {i} of {count} in the archive's directory is missing");
            int name = U16(directory, 28), extra = U16(directory, 30), comment = U16(directory, 32);
            if (directory.Length < EntrySize + name + extra + comment)
                throw Damaged($"entry {i} of {count} in the archive's directory is cut off");
            Entry entry = ReadEntry(directory, directory.Slice(EntrySize + name, extra));
            string text = Encoding.UTF8.GetString(directory.Slice(EntrySize, name));
            if (entry.Length < 0 || entry.Stored < 0 || !_entries.TryAdd(text, entry))
                throw Damaged($"entry \"{text}\" of the archive is there twice or has no valid size");
            total += entry.Stored;
            directory = directory[(EntrySize + name + extra + comment)..];
        }

        // Entries that share bytes would let a small file claim much memory.
        if (total > _dataEnd)
            throw Damaged($"the entries of the archive claim {total} bytes together, there are {_dataEnd}");
    }

    private static Entry ReadEntry(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> extra)
    {
        bool isPacked = (U16(entry, 8) & 1) != 0 || U16(entry, 10) != 0;
        long stored = U32(entry, 20), length = U32(entry, 24), local = U32(entry, 42);
        while (extra.Length >= 4)
        {
            int size = U16(extra, 2);
            if (size > extra.Length - 4)
                break;
            if (U16(extra, 0) == Zip64Extra)
            {
                ReadOnlySpan<byte> large = extra.Slice(4, size);
                Take(ref large, ref length);
                Take(ref large, ref stored);
                Take(ref large, ref local);
            }

            extra = extra[(4 + size)..];
        }

        return new Entry(local, stored, length, isPacked);
    }

    /// <summary>Numbers that do not fit into 32 bits follow each other in the extra field.</summary>
    private static void Take(ref ReadOnlySpan<byte> large, ref long value)
    {
        if (value != uint.MaxValue || large.Length < sizeof(long))
            return;
        value = U64(large, 0);
        large = large[sizeof(long)..];
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private CheckpointException Damaged(string what) => _source.Fault($"{what}; the file is cut off or damaged: copy it again.");

    private readonly record struct Entry(long Local, long Stored, long Length, bool IsPacked);
}
