using System.Security.Cryptography;
using System.Text;
using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Training.Teachers;

/// <summary>
/// What a frozen teacher said of the training images, in files that other epochs, runs and the cells of a comparison read: it sees the
/// same variant of an image once. A record counts only for the very image that it was made of, so training is the same with and without.
/// </summary>
/// <remarks>
/// A file holds one output (the logits, or a tap) for the variants of all images that one epoch shows. What has no room within the budget is
/// not kept. Several processes may use one folder; an instance belongs to one thread.
/// </remarks>
public sealed class TeacherCache : IDisposable
{
    private const string Logits = "logits";

    private readonly TeacherCacheFiles _files;
    private readonly int _samples;
    private readonly int _variants;
    private byte[] _digests = [];

    /// <summary>Prepares a cache; nothing is read or written yet.</summary>
    /// <param name="root">Folder of all caches.</param>
    /// <param name="teacher">The teacher's name, for people.</param>
    /// <param name="key">All that its outputs depend on, and what chooses the variants of images; one line for each. Names the cache's own folder.</param>
    /// <param name="samples">Size of the training set.</param>
    /// <param name="variants">After how many epochs the images' variants come again; 0: never.</param>
    /// <param name="budget">Most bytes of all caches below <paramref name="root"/>.</param>
    /// <param name="notice">Is told when there is no room.</param>
    public TeacherCache(string root, string teacher, string key, int samples, int variants, long budget, Action<string> notice)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        Root = root;
        Key = key;
        (_samples, _variants) = (samples, variants);
        _files = new TeacherCacheFiles(root, $"{teacher}-{hash[..16]}", key, samples, budget, notice);
    }

    /// <summary>Folder of all caches.</summary>
    public string Root { get; }

    /// <summary>All that the outputs depend on.</summary>
    public string Key { get; }

    /// <summary>Images of which the teacher's outputs were wanted.</summary>
    public long Asked { get; private set; }

    /// <summary>Those of them for which it did not run.</summary>
    public long Found { get; private set; }

    /// <summary>What the teacher says of a batch: from the files, else from the teacher, and then into the files.</summary>
    /// <param name="images">[M·N, 3, H, W]: the N samples as they are, then in M - 1 other ways.</param>
    /// <param name="taps">Features wanted.</param>
    /// <param name="logits">Whether the logits are wanted.</param>
    /// <param name="samples">Int64 [N], their numbers in the training set.</param>
    /// <param name="epoch">The epoch that runs, from 1.</param>
    /// <param name="run">Asks the teacher.</param>
    /// <returns>Owned by the current scope.</returns>
    public NetworkOutput Recall(Tensor images, IReadOnlySet<string> taps, bool logits, Tensor samples, int epoch, Func<NetworkOutput> run)
    {
        _files.TurnTo(_variants > 0 ? (epoch - 1) % _variants : epoch - 1);
        using Tensor numbers = samples.To(Device.Cpu).Contiguous();
        ReadOnlySpan<long> batch = numbers.DenseSpan<long>();
        ReadOnlySpan<byte> digests = Digests(images);
        int ways = (int)(images.Size(0) / batch.Length);
        Asked += batch.Length;
        if (Find(taps, logits, ways, batch, digests, images.Device) is { } found)
        {
            Found += batch.Length;
            return found;
        }

        NetworkOutput output = run();
        Keep(output, ways, batch, digests);
        return output;
    }

    /// <summary>Closes the files; they stay.</summary>
    public void Dispose() => _files.Dispose();

    private NetworkOutput? Find(
        IReadOnlySet<string> taps, bool logits, int ways, ReadOnlySpan<long> samples, ReadOnlySpan<byte> digests, Device device)
    {
        Dictionary<string, Tensor> outputs = [];
        foreach (string output in logits ? taps.Prepend(Logits) : taps)
        {
            if (Find(output, ways, samples, digests) is not { } found)
                return null;
            outputs.Add(output, found.To(device));
        }

        outputs.Remove(Logits, out Tensor? said);
        return new NetworkOutput(said, outputs);
    }

    private Tensor? Find(string output, int ways, ReadOnlySpan<long> samples, ReadOnlySpan<byte> digests)
    {
        List<Tensor> parts = [];
        for (int way = 0; way < ways; way++)
        {
            if (_files.Find(output, way)?.Read(samples, Part(digests, way, ways)) is not { } part)
                return null;
            parts.Add(part);
        }

        return parts is [var only] ? only : Aten.Cat([.. parts], 0);
    }

    private void Keep(NetworkOutput output, int ways, ReadOnlySpan<long> samples, ReadOnlySpan<byte> digests)
    {
        if (output.HasLogits)
            Keep(Logits, output.Logits, ways, samples, digests);
        foreach ((string tap, Tensor features) in output.Taps)
            Keep(tap, features, ways, samples, digests);
    }

    private void Keep(string name, Tensor output, int ways, ReadOnlySpan<long> samples, ReadOnlySpan<byte> digests)
    {
        RecordLayout layout = RecordLayout.For(_samples, output);
        for (int way = 0; way < ways; way++)
        {
            _files.FindOrMake(name, way, layout)?.Write(samples, Part(digests, way, ways), output.Narrow(0, (long)way * samples.Length, samples.Length));
        }
    }

    private ReadOnlySpan<byte> Digests(Tensor images)
    {
        int rows = (int)images.Size(0);
        using Tensor cpu = images.To(Device.Cpu);
        using Tensor dense = cpu.Contiguous(MemoryFormat.ChannelsLast);
        int rowBytes = checked((int)(dense.Count / rows * dense.DType.Size()));
        if (_digests.Length < rows * SHA256.HashSizeInBytes)
            _digests = new byte[rows * SHA256.HashSizeInBytes];
        for (int row = 0; row < rows; row++)
            SHA256.HashData(dense.DenseBytes((long)row * rowBytes, rowBytes), _digests.AsSpan(row * SHA256.HashSizeInBytes));
        return _digests.AsSpan(0, rows * SHA256.HashSizeInBytes);
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> digests, int way, int ways) => digests.Slice(digests.Length / ways * way, digests.Length / ways);
}
