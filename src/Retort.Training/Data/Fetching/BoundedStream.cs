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

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        _done += count;
        return _done <= most ? count : throw new InvalidDataException($"it unpacks to more than {most} bytes");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    // A reader that respects the three answers above never calls these; what does is told by the stream itself what it cannot do.
    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => inner.SetLength(value);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
