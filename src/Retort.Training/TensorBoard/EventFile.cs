using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;

namespace Retort.Training.TensorBoard;

/// <summary>
/// A file of events: records of their length (8 bytes, little-endian), a checksum of the length, the event, and a checksum of the event. Each
/// record is written at once; a kill can tear the last one, which readers pass over.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Start = "events.out.tfevents.", Version = "brain.Event:2";
    private const int LengthSize = 8, ChecksumSize = 4;

    private readonly FileStream _file;
    private readonly TimeProvider _time;

    private EventFile(FileStream file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Begins a file that readers take after those that are in the folder.</summary>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="time">Dates the events.</param>
    public static EventFile Begin(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        // Readers go by the order of the names, and so by time; the number orders what begins in one second.
        string? last = Files(folder).LastOrDefault();
        int number = int.TryParse(Path.GetExtension(last)?.TrimStart('.'), NumberStyles.None, CultureInfo.InvariantCulture, out int before) ? before + 1 : 0;
        string name = string.Create(CultureInfo.InvariantCulture, $"{Start}{time.GetUtcNow().ToUnixTimeSeconds():D10}.{number:D4}");
        var file = new EventFile(new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), time);
        file.Append(new Event { FileVersion = Version });
        return file;
    }

    /// <summary>All files of a folder, in the order of their names.</summary>
    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, Start + "*").Order(StringComparer.Ordinal);

    /// <summary>Takes a folder's files back to a step: events of later ones go, as does a torn end.</summary>
    /// <param name="folder">Need not exist.</param>
    /// <param name="step">The last step to keep; with 0 all files go.</param>
    public static void CutAfter(string folder, long step)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string path in Files(folder).ToList())
        {
            long end = 0;
            bool isEmpty = true;
            using (FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite))
            {
                foreach ((Event read, long after) in Read(file))
                {
                    if (read.Step > step)
                        break;
                    end = after;
                    isEmpty &= read.WhatCase != Event.WhatOneofCase.Summary;
                }

                file.SetLength(end);
            }

            if (isEmpty)
                File.Delete(path);
        }
    }

    /// <summary>Appends an event and dates it.</summary>
    /// <exception cref="IOException">It cannot be written, or the file was removed.</exception>
    public void Append(Event content)
    {
        if (!File.Exists(_file.Name))
            throw new FileNotFoundException("the file was removed", _file.Name);
        content.WallTime = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        int length = content.CalculateSize();
        byte[] record = new byte[LengthSize + ChecksumSize + length + ChecksumSize];
        BinaryPrimitives.WriteInt64LittleEndian(record, length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(LengthSize), Checksum(record.AsSpan(0, LengthSize)));
        Span<byte> body = record.AsSpan(LengthSize + ChecksumSize, length);
        content.WriteTo(body);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - ChecksumSize), Checksum(body));
        _file.Write(record);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    // Up to the first record that is torn or damaged.
    private static IEnumerable<(Event Event, long End)> Read(FileStream file)
    {
        byte[] head = new byte[LengthSize + ChecksumSize];
        while (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            long length = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (Checksum(head.AsSpan(0, LengthSize)) != BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(LengthSize))
                || length < 0 || length > file.Length - file.Position - ChecksumSize)
            {
                yield break;
            }

            byte[] body = new byte[length + ChecksumSize];
            file.ReadExactly(body);
            if (Checksum(body.AsSpan(0, (int)length)) != BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan((int)length)))
                yield break;
            yield return (Event.Parser.ParseFrom(body, 0, (int)length), file.Position);
        }
    }

    // CRC-32C, masked as TensorFlow's record files have it: the checksum of data that holds checksums would else be a weak one.
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = ~0u;
        foreach (byte b in data)
            crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
