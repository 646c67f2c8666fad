using System.Buffers.Binary;
using System.IO.Compression;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

/// <summary>Files made to harm: nothing in them runs, nothing in them makes the reader allocate more than they hold.</summary>
public sealed class HostilePickleTests
{
    private static readonly string Witness = Path.Combine(Path.GetTempPath(), $"retort-pwned-{Environment.ProcessId}");

    public static TheoryData<string> Attacks => [.. Payloads.Keys];

    private static readonly Dictionary<string, Action<PickleBuilder>> Payloads = new()
    {
        ["os.system"] = p => p.Call("os", "system", $"touch {Witness}"),
        ["posix.system"] = p => p.Call("posix", "system", $"touch {Witness}"),
        ["builtins.eval"] = p => p.Call("builtins", "eval", $"open('{Witness}', 'w')"),
        ["nested reduce"] = p => p.Global("builtins", "getattr").Op('(').Call("builtins", "__import__", "os").Text("system").Op('t').Op('R')
            .Text($"touch {Witness}").Op(0x85).Op('R'),
        ["newobj"] = p => p.Global("subprocess", "Popen").Text($"touch {Witness}").Op(0x85).Op(0x81),
        ["newobj with keywords"] = p => p.Global("subprocess", "Popen").Op(')').Op('}').Text("args").Text($"touch {Witness}").Op('s').Op(0x92),
        ["stack global"] = p => p.Text("os").Text("system").Op(0x93).Text($"touch {Witness}").Op(0x85).Op('R'),
        ["build"] = p => p.Global("os", "system").Op(')').Op('R').Op('}').Text("__setstate__").Global("os", "system").Op('s').Op('b'),
        ["rebuild from a type"] = p => p.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("os", "system").Global("torch", "Tensor")
            .Text($"touch {Witness}").Op(0x85).Op('N').Op('t').Op('R'),
        [".NET type"] = p => p.Call("System.Diagnostics", "Process", $"touch {Witness}"),
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Code_beside_the_state_dict_is_skipped_and_never_run(string attack)
    {
        var pickle = new PickleBuilder().Op('}').Op('(').Text("args");
        Payloads[attack](pickle);
        pickle.Text("model").Op('}').Text("w").Tensor([2, 2], [2, 1]).Op('s').Op('u');

        using StateDictFile file = Open(pickle.Zip());

        Assert.Equal(["w"], file.Tensors.Keys);
        using SavedState state = file.Load();
        Assert.Equal([1, 2, 3, 4], state.Tensors["w"].ToArray<float>());
        Assert.False(File.Exists(Witness));
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Code_among_the_tensors_is_left_out_refused_where_it_is_wanted_and_never_run(string attack)
    {
        var pickle = new PickleBuilder().Op('}').Op('(').Text("w").Tensor([2, 2], [2, 1]).Text("evil");
        Payloads[attack](pickle);
        byte[] archive = pickle.Op('u').Zip();
        using (StateDictFile file = Open(archive))
        {
            Assert.Equal(["w"], file.Tensors.Keys);
            Assert.Equal(["evil"], file.Ignored);
        }

        HashSet<string> wanted = ["w", "evil"];
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Open(CheckpointSource.Over(archive, "hostile.pth"), new() { Names = wanted }));
        Assert.Contains("\"evil\" of the state dict is a ", e.Message);
        Assert.False(File.Exists(Witness));
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Code_in_place_of_everything_is_refused(string attack)
    {
        var pickle = new PickleBuilder();
        Payloads[attack](pickle);
        Assert.Throws<CheckpointException>(() => Open(pickle.Zip()));
        Assert.False(File.Exists(Witness));
    }

    [Fact]
    public void A_function_that_calls_itself_ends()
    {
        var pickle = new PickleBuilder();
        for (int i = 0; i < 900; i++)
            pickle.Global("torch._tensor", "_rebuild_from_type_v2").Op('(').Global("torch._tensor", "_rebuild_from_type_v2").Global("torch", "Tensor");
        pickle.Op(')');
        for (int i = 0; i < 900; i++)
            pickle.Op('N').Op('t').Op('R');
        Assert.Throws<CheckpointException>(() => Open(pickle.Zip()));
    }

    [Theory]
    [InlineData(new long[] { 2, 3 }, new long[] { 3, 1 }, 0, 4)]                 // beyond the end
    [InlineData(new long[] { 4 }, new long[] { 1 }, 1, 4)]
    [InlineData(new long[] { 4 }, new long[] { -1 }, 3, 4)]
    [InlineData(new long[] { -4 }, new long[] { 1 }, 0, 4)]
    [InlineData(new long[] { 4 }, new long[] { 1 }, -1, 4)]
    [InlineData(new long[] { 2 }, new long[] { long.MaxValue }, 3, 4)]
    [InlineData(new long[] { long.MaxValue, 4 }, new long[] { 0, 1 }, 0, 4)]     // more elements than can be counted
    [InlineData(new long[] { 1L << 40 }, new long[] { 0 }, 0, 4)]                // expanded beyond reason
    [InlineData(new long[] { 0 }, new long[] { 1 }, 5, 4)]
    [InlineData(new long[] { 4, 1 }, new long[] { 1 }, 0, 4)]
    [InlineData(new long[] { 4 }, new long[] { 1 }, 0, 5)]                       // more than the entry holds
    [InlineData(new long[] { 4 }, new long[] { 1 }, 0, 1L << 60)]                // more than the file holds
    [InlineData(new long[] { 4 }, new long[] { 1 }, 0, -4)]
    public void A_tensor_outside_of_its_storage_is_refused(long[] size, long[] stride, long offset, long count)
    {
        byte[] file = new PickleBuilder().Op('}').Text("w").Tensor(size, stride, offset, count).Op('s').Zip();
        Assert.Throws<CheckpointException>(() => Open(file));
    }

    [Fact]
    public void One_storage_is_not_described_in_two_ways()
    {
        var pickle = new PickleBuilder().Op('}').Op('(').Text("a").Tensor([4], [1]).Text("b").Tensor([2], [1], count: 2).Op('u');
        Assert.Contains("describes storage \"0\" in two ways", Assert.Throws<CheckpointException>(() => Open(pickle.Zip())).Message);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\0")]
    public void A_storage_is_an_entry_of_the_archive_whatever_its_name(string key)
    {
        var pickle = new PickleBuilder().Op('}').Text("w").Tensor([4], [1], key: key).Op('s');
        Assert.Contains("the archive lacks the entry", Assert.Throws<CheckpointException>(() => Open(pickle.Zip())).Message);
        // An entry of that name is read like any other; it is never a path.
        using StateDictFile file = Open(pickle.Zip(($"a/data/{key}", PickleBuilder.Floats(5, 6, 7, 8)), ("../../evil", [1]), ("/evil", [1])));
        using SavedState state = file.Load();
        Assert.Equal([5, 6, 7, 8], state.Tensors["w"].ToArray<float>());
    }

    [Theory]
    [InlineData(new byte[] { (byte)'X', 0xff, 0xff, 0xff, 0xff })]                                  // text of 4 GiB
    [InlineData(new byte[] { 0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]               // text of 2^64
    [InlineData(new byte[] { (byte)'B', 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0x8e, 0, 0, 0, 0, 0, 0, 0, 0x80 })]
    [InlineData(new byte[] { 0x96, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0 })]
    [InlineData(new byte[] { 0x8b, 0xff, 0xff, 0xff, 0xff })]                                       // integer of 4 GiB
    [InlineData(new byte[] { 0x8b, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]               // a frame is only a hint
    [InlineData(new byte[] { (byte)'j', 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { (byte)'N', (byte)'r', 0xff, 0xff, 0xff, 0xff })]                        // a memo is no array
    [InlineData(new byte[] { (byte)'R' })]
    [InlineData(new byte[] { (byte)'t' })]
    [InlineData(new byte[] { (byte)'N', (byte)'(', (byte)'0', (byte)'0', (byte)'0' })]
    [InlineData(new byte[] { (byte)'(', (byte)'N', (byte)'u' })]
    [InlineData(new byte[] { (byte)'N', (byte)'N', (byte)'a' })]
    [InlineData(new byte[] { (byte)'N', (byte)'}', (byte)'b' })]
    [InlineData(new byte[] { (byte)'I', (byte)'1', (byte)'\n' })]
    [InlineData(new byte[] { 0x80, 9 })]
    [InlineData(new byte[] { 0x82, 1 })]
    [InlineData(new byte[] { 0 })]
    public void Claims_without_bytes_behind_them_are_refused_before_allocation(byte[] operations)
    {
        byte[] file = new PickleBuilder().Op(operations).Zip();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<CheckpointException>(() => Open(file));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
    }

    [Fact]
    public void Containers_that_hold_themselves_end()
    {
        var pickle = new PickleBuilder().Op('}').Op((byte)'q', 0).Text("model").Op((byte)'h', 0).Op('s').Text("other").Op((byte)'h', 0).Op('s');
        Assert.Contains("it holds no state dict", Assert.Throws<CheckpointException>(() => Open(pickle.Zip())).Message);
    }

    [Fact]
    public void A_tree_of_one_dict_a_billion_times_ends()
    {
        var pickle = new PickleBuilder().Op('}').Op((byte)'q', 0);
        for (byte level = 1; level < 30; level++)
        {
            pickle.Op('}').Op((byte)'q', level);
            for (int i = 0; i < 10; i++)
                pickle.Text($"k{i}").Op((byte)'h', (byte)(level - 1)).Op('s');
        }

        Assert.Throws<CheckpointException>(() => Open(pickle.Zip()));
    }

    [Fact]
    public void A_list_copied_into_ever_more_sets_is_stopped()
    {
        var pickle = new PickleBuilder().Op(']').Op('(');
        for (int i = 0; i < 20_000; i++)
            pickle.Op('N');
        pickle.Op('e').Op((byte)'q', 0).Op('0');
        for (int i = 0; i < 10_000; i++)
            pickle.Global("builtins", "set").Op((byte)'h', 0).Op(0x85).Op('R');
        Assert.Contains("takes more than 256 MiB", Assert.Throws<CheckpointException>(() => Open(pickle.Zip())).Message);
    }

    [Fact]
    public void A_long_run_of_operations_is_stopped()
    {
        byte[] operations = new byte[20_000_000];
        operations.AsSpan().Fill((byte)'2');
        Assert.Contains("more than 16000000 operations", Assert.Throws<CheckpointException>(() => Open(new PickleBuilder().Op('N').Op(operations).Zip())).Message);
        operations.AsSpan().Fill((byte)'(');
        Assert.Contains("nests deeper than 1000", Assert.Throws<CheckpointException>(() => Open(new PickleBuilder().Op(operations).Zip())).Message);
        operations.AsSpan().Fill((byte)'}');
        Assert.Contains("takes more than 256 MiB", Assert.Throws<CheckpointException>(() => Open(new PickleBuilder().Op(operations).Zip())).Message);
    }

    [Fact]
    public void Compressed_archives_are_refused()
    {
        byte[] pickle = new PickleBuilder().Op('}').Text("w").Tensor([1 << 20], [1], count: 1 << 20).Op('s').Bytes();
        byte[] bomb = PickleBuilder.Archive(CompressionLevel.SmallestSize, ("a/data.pkl", pickle), ("a/data/0", new byte[4 << 20]));
        Assert.True(bomb.Length < 10_000);
        Assert.Contains("is compressed or encrypted", Assert.Throws<CheckpointException>(() => Open(bomb)).Message);
    }

    [Fact]
    public void Entries_that_share_their_bytes_are_refused()
    {
        byte[] file = new PickleBuilder().Op('}').Text("w").Tensor([4], [1]).Op('s').Zip(("x", new byte[5000]), ("y", new byte[5000]));
        // The directory's last entry is made to begin where the one before it does, and both to be longer.
        for (int at = file.Length - 4; at > 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)) != 0x02014b50)
                continue;
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 20), file.Length - 1000);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 24), file.Length - 1000);
        }

        Assert.Contains("the entries of the archive claim", Assert.Throws<CheckpointException>(() => Open(file)).Message);
    }

    private static StateDictFile Open(byte[] file) => StateDictReader.Open(CheckpointSource.Over(file, "evil.pth"));
}
