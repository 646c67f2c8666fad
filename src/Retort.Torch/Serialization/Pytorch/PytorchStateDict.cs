using System.Globalization;
using System.IO.Compression;

namespace Retort.Torch.Serialization;

/// <summary>
/// Writes state dicts as <c>torch.save</c> does since PyTorch 1.6: an archive of a pickle and the bytes of each tensor. Python's
/// <c>torch.load</c> reads them, also with <c>weights_only=True</c>. <see cref="StateDictReader"/> reads them here.
/// </summary>
public static class PytorchStateDict
{
    private const string Root = "archive/", Version = "3"; // the version of the format, not of PyTorch
    private const int Chunk = 1 << 24;

    /// <summary>Writes tensors to a stream: an OrderedDict of tensors on the CPU, row-major, each with memory of its own.</summary>
    /// <param name="stream">Is written to only; stays open.</param>
    /// <param name="tensors">Any device and memory order; element types stay. Names are unique.</param>
    /// <exception cref="ArgumentException">Two tensors have one name.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        KeyValuePair<string, Tensor>[] state = [.. tensors];
        if (state.GroupBy(entry => entry.Key).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"Two tensors are named \"{twice.Key}\": rename one.", nameof(tensors));
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add(archive, "data.pkl", entry => entry.Write(Pickle(state).Bytes));
        Add(archive, "byteorder", entry => entry.Write("little"u8));
        foreach ((int i, KeyValuePair<string, Tensor> named) in state.Index())
            Add(archive, $"data/{Key(i)}", entry => WriteData(entry, named.Value));
        Add(archive, "version", entry => entry.Write(System.Text.Encoding.ASCII.GetBytes($"{Version}\n")));
    }

    private static PickleWriter Pickle(KeyValuePair<string, Tensor>[] state)
    {
        PickleWriter pickle = new PickleWriter().OrderedDict().Op(PickleOpcode.Mark);
        foreach ((int i, (string name, Tensor tensor)) in state.Index())
        {
            pickle.Text(name).Global("torch._utils", "_rebuild_tensor_v2").Op(PickleOpcode.Mark);
            pickle.Op(PickleOpcode.Mark).Text("storage").Global("torch", StorageTypes.Name(tensor.DType)).Text(Key(i)).Text("cpu").Integer(tensor.Count)
                .Op(PickleOpcode.Tuple).Op(PickleOpcode.BinPersId);
            pickle.Integer(0).Tuple(tensor.Shape).Tuple(Strides(tensor.Shape));
            pickle.Op(PickleOpcode.NewFalse).OrderedDict(); // no gradient, no hooks
            pickle.Op(PickleOpcode.Tuple).Op(PickleOpcode.Reduce);
        }

        return pickle.Op(PickleOpcode.SetItems).Op(PickleOpcode.Stop);
    }

    private static string Key(int tensor) => tensor.ToString(CultureInfo.InvariantCulture);

    // Of a row-major tensor; a length of 0 counts as 1, as PyTorch has it.
    private static long[] Strides(ReadOnlySpan<long> shape)
    {
        long[] strides = new long[shape.Length];
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= Math.Max(1, shape[i]);
        }

        return strides;
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        ZipArchiveEntry entry = archive.CreateEntry(Root + name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // the same tensors give the same bytes
        using Stream content = entry.Open();
        write(content);
    }

    private static void WriteData(Stream stream, Tensor tensor)
    {
        using var noGrad = GradMode.Disable();
        using Tensor cpu = tensor.To(Device.Cpu);
        using Tensor dense = cpu.Contiguous();
        long length = dense.Count * dense.DType.Size();
        for (long done = 0; done < length; done += Chunk)
            stream.Write(dense.DenseBytes(done, (int)Math.Min(Chunk, length - done)));
        GC.KeepAlive(dense);
    }
}
