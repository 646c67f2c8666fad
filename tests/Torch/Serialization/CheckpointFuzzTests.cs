using System.Diagnostics;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

/// <summary>Files with random damage, always the same for a seed: they are read or refused, and never take more memory than they hold.</summary>
public sealed class CheckpointFuzzTests
{
    private const int Rounds = 1200;
    private const long MostManaged = 64 << 20;

    [Theory]
    [InlineData("types.pth")]
    [InlineData("types-legacy.pth")]
    [InlineData("views.pth")]
    [InlineData("training.pth")]
    [InlineData("training-legacy.pth")]
    public void Damaged_PyTorch_files_are_read_or_refused(string name) => Fuzz(File.ReadAllBytes(Fixture.Path(name)), name, Rounds);

    [SharedFileFact("golden", "model", "repdistiller-best.pth")]
    public void Damaged_golden_files_are_read_or_refused()
    {
        foreach (string name in (string[])["plain-state-dict.pth", "data-parallel.pth", "repdistiller-best.pth"])
            Fuzz(File.ReadAllBytes(RepositoryFiles.Shared("golden", "model", name)), name, Rounds / 3);
    }

    [Fact]
    public void Damaged_safetensors_files_are_read_or_refused()
    {
        using var scope = new TensorScope();
        using var stream = new MemoryStream();
        Safetensors.Write(
            stream,
            [new("a.weight", Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3)), new("b", Tensor.From<long>([7], 1)), new("c", Tensor.From<bool>([true, false], 2))],
            new Dictionary<string, string> { ["case"] = "{}" });
        Fuzz(stream.ToArray(), "t.safetensors", Rounds * 2);
    }

    [Fact]
    public void Damaged_indexes_are_read_or_refused()
    {
        using var scope = new TensorScope();
        using var folder = new TemporaryFolder();
        foreach (string shard in (string[])["a", "b"])
            Safetensors.Write(Path.Combine(folder.Path, $"{shard}.safetensors"), [new($"{shard}.weight", Tensor.From<float>([1, 2], 2))]);
        const string index = """{"metadata": {"total_size": 16}, "weight_map": {"a.weight": "a.safetensors", "b.weight": "b.safetensors"}}""";
        Fuzz(System.Text.Encoding.UTF8.GetBytes(index), Path.Combine(folder.Path, "net.safetensors.index.json"), Rounds);
    }

    private static void Fuzz(byte[] original, string name, int rounds)
    {
        var random = new Random(20261121);
        List<int> structure = Structure(original);
        long live = Collector.LiveTensors();
        int read = 0, refused = 0;
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < rounds; round++)
        {
            byte[] damaged = Damage(original, structure, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            TorchRuntime.ResetPeakMemory();
            long inUse = TorchRuntime.Memory.InUse;
            try
            {
                using StateDictFile file = StateDictReader.Open(CheckpointSource.Over(damaged, name));
                using SavedState state = file.Load();
                read++;
            }
            catch (RetortException)
            {
                refused++;
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostManaged, $"round {round} of {name} allocates too much");
            Assert.True(TorchRuntime.Memory.Peak - inUse < (damaged.Length * 2) + (1 << 20), $"round {round} of {name} takes too much for tensors");
        }

        Assert.Equal(live, TorchRuntime.LiveTensors);
        Assert.True(refused > rounds / 10 && read > 0, $"{refused} refused, {read} read: the damage does not reach the reader");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    /// <summary>Places that are not the elements of tensors: what is between zeros and numbers is read by more code.</summary>
    private static List<int> Structure(byte[] file)
    {
        List<int> places = [];
        int textual = 0;
        for (int i = 0; i < file.Length; i++)
        {
            textual = file[i] is >= 32 and < 127 ? textual + 1 : 0;
            if (textual >= 4)
                places.AddRange(Enumerable.Range(Math.Max(0, i - 12), Math.Min(24, file.Length - Math.Max(0, i - 12))));
        }

        return places;
    }

    private static byte[] Damage(byte[] original, List<int> structure, Random random)
    {
        byte[] file = (byte[])original.Clone();
        byte[] interesting = [0, 1, 0x7f, 0x80, 0xff, (byte)'(', (byte)'.', (byte)'R', (byte)'Q', (byte)'h', (byte)'}', (byte)'{', (byte)'9', (byte)'-'];
        int count = 1 << random.Next(4);
        for (int i = 0; i < count; i++)
        {
            int at = random.Next(8) == 0 ? random.Next(file.Length) : structure[random.Next(structure.Count)];
            switch (random.Next(8))
            {
                case 0: file[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: file[at] = (byte)random.Next(256); break;
                case 2: file[at] = interesting[random.Next(interesting.Length)]; break;
                case 3: file[at]++; break;
                case 4: file.AsSpan(at, Math.Min(random.Next(1, 9), file.Length - at)).Fill(interesting[random.Next(5)]); break;
                case 5:
                    int length = Math.Min(random.Next(1, 33), file.Length - at), from = structure[random.Next(structure.Count)];
                    file.AsSpan(from, Math.Min(length, file.Length - from)).ToArray().CopyTo(file, Math.Min(at, file.Length - length));
                    break;
                case 6 when i == 0: return file[..random.Next(1, file.Length)];
                case 7 when i == 0: return [.. file[..at], .. file[Math.Min(file.Length, at + random.Next(1, 9))..]];
                default: file[at] = (byte)(255 - file[at]); break;
            }
        }

        return file;
    }
}
