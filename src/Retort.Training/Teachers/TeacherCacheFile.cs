using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Retort.Torch;

namespace Retort.Training.Teachers;

/// <summary>
/// One output of a teacher for one variant of every training image, in a file that is mapped into memory. A record's digest is of the image
/// and the values, so that it is either what the teacher says of exactly this image, or none: after changed data, after a crash, or with
/// another process at work on the same file.
/// </summary>
internal sealed class TeacherCacheFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _memory;
    private readonly int _valueBytes;

    private TeacherCacheFile(FileStream stream, RecordLayout layout)
    {
        Layout = layout;
        _valueBytes = layout.ValueBytes;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor();
        _memory = _view.SafeMemoryMappedViewHandle;
    }

    /// <summary>What its records are.</summary>
    public RecordLayout Layout { get; }

    /// <summary>Opens a file.</summary>
    /// <returns>Null where there is none, or none that is whole.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TeacherCacheFile? Open(string path)
    {
        if (!File.Exists(path))
            return null;
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        byte[] header = new byte[RecordLayout.HeaderBytes];
        int read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (RecordLayout.Parse(header.AsSpan(0, read)) is { } layout && stream.Length == layout.FileBytes)
            return new TeacherCacheFile(stream, layout);
        stream.Dispose();
        return null;
    }

    /// <summary>Opens a file of a layout.</summary>
    /// <returns>Null where there is none, or none that is whole.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TeacherCacheFile? Open(string path, RecordLayout layout)
    {
        TeacherCacheFile? file = Open(path);
        if (file?.Layout == layout)
            return file;
        file?.Dispose();
        return null;
    }

    /// <summary>
    /// Makes a file without records, in the place of what is there; its whole space is reserved. Only one process may do so at a time, after it
    /// has looked: who has the old file open goes on to write what nobody sees.
    /// </summary>
    /// <exception cref="IOException">There is no space, or the folder cannot be written.</exception>
    public static TeacherCacheFile Create(string path, RecordLayout layout)
    {
        string draft = $"{path}.{Guid.NewGuid():N}"; // the number of the process is 1 in every container
        try
        {
            // A disk that were full only later would end the process, at a write into the map.
            var reserved = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, PreallocationSize = layout.FileBytes };
            using (var stream = new FileStream(draft, reserved))
            {
                stream.SetLength(layout.FileBytes);
                stream.Write(layout.Header());
            }

            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        return Open(path) ?? throw new IOException($"'{path}' was changed while it was made.");
    }

    /// <summary>Reads the records of a batch.</summary>
    /// <param name="samples">Their numbers.</param>
    /// <param name="images">SHA-256 of each one's image, one after another.</param>
    /// <returns>[N, ...], owned by the current scope; null where a record is missing.</returns>
    public Tensor? Read(ReadOnlySpan<long> samples, ReadOnlySpan<byte> images)
    {
        Tensor values = Layout.Empty(samples.Length);
        Span<byte> stored = stackalloc byte[RecordLayout.DigestBytes], digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < samples.Length; i++)
        {
            ulong at = (ulong)Layout.At(samples[i]);
            Span<byte> row = values.DenseBytes((long)i * _valueBytes, _valueBytes);
            _memory.ReadSpan(at, stored);
            _memory.ReadSpan(at + RecordLayout.DigestBytes, row);
            Digest(images.Slice(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes), row, digest);
            if (stored.SequenceEqual(digest[..stored.Length]))
                continue;
            values.Dispose();
            return null;
        }

        return values;
    }

    /// <summary>Writes the records of a batch.</summary>
    /// <param name="samples">Their numbers.</param>
    /// <param name="images">SHA-256 of each one's image, one after another.</param>
    /// <param name="values">[N, ...], of the file's layout.</param>
    public void Write(ReadOnlySpan<long> samples, ReadOnlySpan<byte> images, Tensor values)
    {
        Tensor rows = Layout.Rows(values);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < samples.Length; i++)
        {
            ulong at = (ulong)Layout.At(samples[i]);
            Span<byte> row = rows.DenseBytes((long)i * _valueBytes, _valueBytes);
            Digest(images.Slice(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes), row, digest);
            _memory.WriteSpan<byte>(at + RecordLayout.DigestBytes, row);
            _memory.WriteSpan<byte>(at, digest[..RecordLayout.DigestBytes]);
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static void Digest(ReadOnlySpan<byte> image, ReadOnlySpan<byte> values, Span<byte> digest)
    {
        Span<byte> both = stackalloc byte[SHA256.HashSizeInBytes * 2];
        image.CopyTo(both);
        SHA256.HashData(values, both[SHA256.HashSizeInBytes..]);
        SHA256.HashData(both, digest);
    }
}
