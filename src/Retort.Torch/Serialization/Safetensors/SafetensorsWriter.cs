using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Retort.Torch.Serialization;

/// <summary>Writes the <c>.safetensors</c> format.</summary>
/// <remarks>
/// The header keeps the caller's order. The data is ordered by element size, largest first, so that without gaps every tensor is
/// aligned to its elements, as the reference implementation does.
/// </remarks>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int Chunk = 1 << 24;

    public static void Write(
        Stream stream, string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        List<(string Name, Tensor Tensor, long Length)> entries =
            [.. tensors.Select(t => (t.Key, t.Value, t.Value.Count * t.Value.DType.Size()))];
        var names = new HashSet<string>();
        foreach (var (name, _, _) in entries)
        {
            if (name == Safetensors.MetadataName || !names.Add(name))
                throw new CheckpointException(path, $"two tensors are named \"{name}\", or the name is reserved; rename one.");
        }

        int[] order = [.. Enumerable.Range(0, entries.Count).OrderByDescending(i => entries[i].Tensor.DType.Size())]; // stable
        long[] offsets = new long[entries.Count];
        long end = 0;
        foreach (int i in order)
        {
            offsets[i] = end;
            end += entries[i].Length;
        }

        WriteHeader(stream, entries, offsets, metadata);
        foreach (int i in order)
            WriteData(stream, entries[i].Tensor, entries[i].Length);
    }

    private static void WriteHeader(
        Stream stream, List<(string Name, Tensor Tensor, long Length)> entries, long[] offsets, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(Safetensors.MetadataName);
                foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            for (int i = 0; i < entries.Count; i++)
            {
                var (name, tensor, length) = entries[i];
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.Name(tensor.DType));
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offsets[i]);
                json.WriteNumberValue(offsets[i] + length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padded = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        buffer.GetSpan(padded - buffer.WrittenCount)[..(padded - buffer.WrittenCount)].Fill((byte)' ');
        buffer.Advance(padded - buffer.WrittenCount);
        Span<byte> prefix = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, padded);
        stream.Write(prefix);
        stream.Write(buffer.WrittenSpan);
    }

    private static void WriteData(Stream stream, Tensor tensor, long length)
    {
        using var noGrad = GradMode.Disable();
        using Tensor cpu = tensor.To(Device.Cpu);
        using Tensor dense = cpu.Contiguous();
        for (long done = 0; done < length; done += Chunk)
            stream.Write(dense.DenseBytes(done, (int)Math.Min(Chunk, length - done)));
        GC.KeepAlive(dense);
    }
}
