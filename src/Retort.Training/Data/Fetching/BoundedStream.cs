namespace Retort.Training.Data.Fetching;

/// <summary>
/// Reads another stream, and throws an <see cref="InvalidDataException"/> where it has more than was allowed: a small archive can unpack to any size.
/// </summary>
/// <param name="inner">What is read; disposed with this.</param>
/// <param name="most">Bytes that may be read.</param>
internal sealed class BoundedStream(Stream inner, long most) : Stream
{
    private long _done;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        _done += count;
        return _done <= most ? count : throw new InvalidDataException($"it unpacks to more than {most} bytes");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
