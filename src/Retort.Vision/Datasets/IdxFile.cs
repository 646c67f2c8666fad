using System.Buffers.Binary;
using System.IO.Compression;

namespace Retort.Vision.Datasets;

/// <summary>
/// An IDX file of unsigned bytes, as the MNIST family comes in: two zero bytes, the type (8), the number of dimensions, each dimension in four
/// bytes with the greatest first, the values. With the ending .gz it is unpacked while it is read. What the header promises is compared
/// with the file's size before anything is allocated.
/// </summary>
internal sealed class IdxFile : IDisposable
{
    private const byte UnsignedByte = 8;
    private const int MostExpansion = 1032; // of deflate

    private readonly string _path;
    private readonly Stream _content;

    private IdxFile(string path, Stream content, int[] dimensions) => (_path, _content, Dimensions) = (path, content, dimensions);

    /// <summary>Its dimensions; the first counts what it holds.</summary>
    public int[] Dimensions { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rank">How many dimensions it must have.</param>
    /// <exception cref="DataException">It cannot be read, is no such file, or does not have the size that its header promises.</exception>
    public static IdxFile Open(string path, int rank)
    {
        Stream? content = null;
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            bool isPacked = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
            content = isPacked ? new GZipStream(file, CompressionMode.Decompress) : file;
            byte[] header = new byte[4 * (rank + 1)];
            content.ReadExactly(header);
            if (header[0] != 0 || header[1] != 0 || header[2] != UnsignedByte || header[3] != rank)
            {
                throw Damaged(path, $"begins with the bytes {Convert.ToHexString(header, 0, 4)} instead of {0:X4}{UnsignedByte:X2}{rank:X2}, so that it is no "
                    + $"IDX file of bytes in {rank} dimensions");
            }

            int[] dimensions = new int[rank];
            decimal bytes = 1;
            for (int i = 0; i < rank; i++)
            {
                uint dimension = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * (i + 1)));
                if (dimension == 0 || dimension > Array.MaxLength) throw Damaged(path, $"says in its header that dimension {i + 1} is {dimension}");
                dimensions[i] = (int)dimension;
                bytes *= dimension;
            }

            decimal promised = bytes + header.Length;
            if (!isPacked && promised != file.Length)
                throw Damaged(path, $"has {file.Length} bytes, and its header promises {promised}");
            if (isPacked && (promised > (decimal)file.Length * MostExpansion || promised % (1L << 32) != UnpackedLength(file)))
                throw Damaged(path, $"has {UnpackedLength(file)} bytes unpacked, and its header promises {promised}");
            return new IdxFile(path, content, dimensions);
        }
        catch (Exception exception)
        {
            content?.Dispose();
            throw Explained(path, exception);
        }
    }

    /// <summary>Reads the next values.</summary>
    /// <exception cref="DataException">The file ends before, or is damaged.</exception>
    public void Read(Span<byte> values)
    {
        try
        {
            _content.ReadExactly(values);
        }
        catch (Exception exception)
        {
            throw Explained(_path, exception);
        }
    }

    /// <summary>Refuses a file that goes on after its last value.</summary>
    public void RequireEnd()
    {
        int more;
        try
        {
            more = _content.ReadByte();
        }
        catch (Exception exception)
        {
            throw Explained(_path, exception);
        }

        if (more >= 0) throw Damaged(_path, "goes on after the last value that its header promises");
    }

    public void Dispose() => _content.Dispose();

    // What gzip writes behind the values; the stream does not miss it where a file is cut off there.
    private static uint UnpackedLength(FileStream file)
    {
        Span<byte> last = stackalloc byte[4];
        RandomAccess.Read(file.SafeFileHandle, last, file.Length - last.Length);
        return BinaryPrimitives.ReadUInt32LittleEndian(last);
    }

    private static DataException Damaged(string path, string what) => new($"IDX file '{path}' {what}; unpack or fetch it again.");

    private static Exception Explained(string path, Exception exception) => exception switch
    {
        EndOfStreamException => Damaged(path, "is truncated"),
        InvalidDataException => Damaged(path, $"cannot be unpacked ({exception.Message.TrimEnd('.')})"),
        IOException or UnauthorizedAccessException =>
            new DataException($"IDX file '{path}' cannot be read ({exception.Message.TrimEnd('.')}); check it and its permissions.", exception),
        _ => exception,
    };
}
