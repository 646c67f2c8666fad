using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

/// <summary>What Retort writes for PyTorch; the round trip of the zoo shows that PyTorch reads it.</summary>
public sealed class PytorchStateDictTests
{
    [Fact]
    public void Every_type_shape_and_memory_order_is_read_again()
    {
        using var scope = new TensorScope();
        DType[] types = Enum.GetValues<DType>();
        KeyValuePair<string, Tensor>[] state =
        [
            .. types.Select(type => KeyValuePair.Create($"of.{type}", Tensor.From<float>([0, 1, 2, 3, 4, 5], 2, 3).To(type))),
            new("scalar", Tensor.FromValue(2.5f)), new("empty", Aten.Zeros([0, 4])), new("größe", Tensor.From<long>([long.MinValue, 1L << 40], 2)),
            new("channels last", Aten.Randn([2, 3, 4, 5]).To(MemoryFormat.ChannelsLast)), new("view", Aten.Randn([4, 6]).Transpose(0, 1)),
        ];

        using StateDictFile file = StateDictReader.Open(CheckpointSource.Over(Written(state), "a.pth"));
        using SavedState read = file.Load();
        Assert.Equal(CheckpointFormat.PytorchZip, read.Format);
        Assert.Equal(state.Select(entry => entry.Key), read.Tensors.Keys);
        Assert.All(state, entry => TensorAssert.Same(entry.Value, read.Tensors[entry.Key], entry.Key));
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes_and_leave_nothing_behind() => TensorAssert.LeavesNothing(() =>
    {
        using Tensor tensor = Tensor.From<float>([1, 2], 2);
        Assert.Equal(Written(KeyValuePair.Create("a", tensor)), Written(KeyValuePair.Create("a", tensor)));
    });

    [Fact]
    public void Integers_beyond_32_bits_are_written_as_Python_reads_them()
    {
        byte[] bytes = new PickleWriter().Integer(int.MaxValue).Integer(1L << 31).Integer(-(1L << 40)).Bytes.ToArray();
        Assert.Equal("80024AFFFFFF7F8A0500000080008A060000000000FF", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        using Tensor tensor = Tensor.FromValue(1f);
        Assert.StartsWith("Two tensors are named \"a\": rename one.", Assert.Throws<ArgumentException>(() => Written(KeyValuePair.Create("a", tensor), KeyValuePair.Create("a", tensor))).Message);
    }

    private static byte[] Written(params KeyValuePair<string, Tensor>[] state)
    {
        using var stream = new MemoryStream();
        PytorchStateDict.Write(stream, state);
        return stream.ToArray();
    }
}
