using Microsoft.Win32.SafeHandles;

namespace Retort.Torch.Serialization;

/// <summary>The bytes of a checkpoint, from a file or from memory, read at any place; and the words for what is wrong in it.</summary>
internal sealed class CheckpointSource : IDisposable
{
    private const int Chunk = 1 << 28;

    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _bytes;

    private CheckpointSource(string path, SafeFileHandle? file, ReadOnlyMemory<byte> bytes, long length) =>
        (Path, _file, _bytes, Length) = (path, file, bytes, length);

    public string Path { get; }

    public long Length { get; }

    public static CheckpointSource Open(string path)
    {
        if (Directory.Exists(path))
            throw new CheckpointException(path, "this is a folder, not a file of saved tensors; name a file in it.");
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path);
            return Checked(new CheckpointSource(path, file, default, RandomAccess.GetLength(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            file?.Dispose();
            throw new CheckpointException(path, Reason(e), e);
        }
        catch (CheckpointException)
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>A file that is in memory already.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="name">What to call it in messages.</param>
    public static CheckpointSource Over(ReadOnlyMemory<byte> bytes, string name) =>
        Checked(new CheckpointSource(name, file: null, bytes, bytes.Length));

    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw Fault($"the file ends at byte {Length}, before {destination.Length} bytes from byte {offset}; it is cut off: copy it again.");
        if (_file is null)
        {
            _bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        try
        {
            while (!destination.IsEmpty)
            {
                int read = RandomAccess.Read(_file, destination, offset);
                if (read == 0)
                    throw Fault("the file became shorter while it was read; wait until it is written, then try again.");
                offset += read;
                destination = destination[read..];
            }
        }
        catch (IOException e)
        {
            throw Fault($"it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads elements straight into a new tensor. The caller has checked the extent against the file.</summary>
    public Tensor ReadTensor(DType type, ReadOnlySpan<long> shape, long offset)
    {
        Tensor tensor = Aten.Empty(shape, type);
        try
        {
            long length = tensor.Count * type.Size();
            for (long done = 0; done < length; done += Chunk)
            {
                Span<byte> part = tensor.DenseBytes(done, (int)Math.Min(Chunk, length - done));
                Read(offset + done, part);
                // Libtorch's operators assume 0 or 1 in a bool's byte.
                if (type == DType.Bool && part.ContainsAnyExceptInRange((byte)0, (byte)1))
                    throw Fault($"the truth values from byte {offset} on are not all 0 or 1; the file is damaged: copy it again.");
            }

            GC.KeepAlive(tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    public CheckpointException Fault(string reason, Exception? inner = null) => new(Path, reason, inner);

    public void Dispose() => _file?.Dispose();

    private static CheckpointSource Checked(CheckpointSource source) =>
        source.Length > 0 ? source : throw source.Fault("the file is empty; copy or download it again.");

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException or ArgumentException => "there is no such file; check the path.",
        UnauthorizedAccessException => "this file may not be read; check its permissions.",
        NotSupportedException => "this is not a plain file; copy its content to one.",
        _ => $"it cannot be read: {e.Message}",
    };
}
