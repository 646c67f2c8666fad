using System.Buffers.Binary;
using System.Text;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<DType> Types => [.. Enum.GetValues<DType>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Tensors_of_every_type_come_back_as_they_were(DType type)
    {
        using var scope = new TensorScope();
        Tensor tensor = Tensor.From<long>([0, 1, 1, 0, 1, 1], 2, 3).To(type);
        string path = Write([new("t", tensor)]);

        using SavedState read = Safetensors.Read(path);

        Assert.Equal(type, read.Tensors["t"].DType);
        Assert.Equal([2, 3], read.Tensors["t"].Shape);
        Assert.Equal([0, 1, 1, 0, 1, 1], read.Tensors["t"].To(DType.Int64).ToArray<long>());
    }

    [Fact]
    public void Scalars_and_empty_tensors_come_back()
    {
        using var scope = new TensorScope();
        string path = Write([new("scalar", Tensor.FromValue(2.5f)), new("empty", Tensor.From<float>([], 0, 4)), new("none", Tensor.From<long>([], 0))]);

        using SavedState read = Safetensors.Read(path);

        Assert.Equal(2.5f, read.Tensors["scalar"].Item<float>());
        Assert.Empty(read.Tensors["scalar"].Shape);
        Assert.Equal([0, 4], read.Tensors["empty"].Shape);
        Assert.Equal(DType.Int64, read.Tensors["none"].DType);
    }

    [Fact]
    public void A_file_without_tensors_comes_back_with_its_texts()
    {
        string path = System.IO.Path.Combine(_folder.Path, "t.safetensors");
        Safetensors.Write(path, [], new Dictionary<string, string> { ["model"] = "résnet \"20\"\n" });

        using SavedState read = Safetensors.Read(path);

        Assert.Empty(read.Tensors);
        Assert.Equal("résnet \"20\"\n", read.Metadata["model"]);
    }

    [Fact]
    public void Strided_tensors_are_written_in_row_major_order()
    {
        using var scope = new TensorScope();
        Tensor tensor = Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3);
        string path = Write([new("t", tensor.T()), new("expanded", Tensor.From<float>([7, 8], 2, 1).Expand([2, 2]))]);

        using SavedState read = Safetensors.Read(path);

        Assert.Equal([1, 4, 2, 5, 3, 6], read.Tensors["t"].ToArray<float>());
        Assert.Equal([7, 7, 8, 8], read.Tensors["expanded"].ToArray<float>());
    }

    [Fact]
    public void Names_keep_their_order_and_data_is_aligned_to_its_elements()
    {
        using var scope = new TensorScope();
        string path = Write([new("odd", Tensor.From<byte>([1, 2, 3], 3)), new("long", Tensor.From<long>([4], 1)), new("float", Tensor.From<float>([5], 1))]);
        byte[] bytes = File.ReadAllBytes(path);

        using var file = SafetensorsFile.Open(path);

        Assert.Equal(["odd", "long", "float"], file.Tensors.Keys);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        Assert.All(file.Tensors.Values, t => Assert.Equal(0, t.Offset % t.DType.Size()));
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes()
    {
        using var scope = new TensorScope();
        KeyValuePair<string, Tensor>[] tensors = [new("b", Tensor.From<byte>([1], 1)), new("a", Tensor.From<float>([2], 1))];
        using MemoryStream first = new(), second = new();
        Safetensors.Write(first, tensors, new Dictionary<string, string> { ["x"] = "1", ["a"] = "2" });
        Safetensors.Write(second, tensors, new Dictionary<string, string> { ["a"] = "2", ["x"] = "1" });
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public void The_lazy_reader_loads_one_tensor()
    {
        using var scope = new TensorScope();
        using var file = SafetensorsFile.Open(Write([new("a", Tensor.From<float>([1, 2], 2)), new("b", Tensor.From<float>([3], 1))]));
        long before = Collector.LiveTensors();

        using Tensor b = file.Load("b");

        Assert.Equal([3f], b.ToArray<float>());
        Assert.Equal(before + 1, TorchRuntime.LiveTensors);
        var e = Assert.Throws<CheckpointException>(() => file.Load("bb"));
        Assert.EndsWith("t.safetensors: no tensor is named \"bb\"; Did you mean 'b'?", e.Message);
    }

    [Fact]
    public void The_state_owns_its_tensors_and_frees_them()
    {
        string path;
        using (var scope = new TensorScope())
            path = Write([new("a", Tensor.From<float>([1, 2], 2)), new("b", Tensor.From<float>([3], 1))]);
        long before = Collector.LiveTensors();
        SavedState read;
        using (var scope = new TensorScope())
            read = Safetensors.Read(path);
        Assert.Equal([3f], read.Tensors["b"].ToArray<float>());
        read.Dispose();
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Two_tensors_of_one_name_are_not_written()
    {
        using var scope = new TensorScope();
        Tensor t = Tensor.From<float>([1], 1);
        var e = Assert.Throws<CheckpointException>(() => Write([new("a", t), new("a", t)]));
        Assert.Contains("two tensors are named \"a\"", e.Message);
        Assert.Throws<CheckpointException>(() => Write([new("__metadata__", t)]));
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_written_to()
    {
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Write(System.IO.Path.Combine(_folder.Path, "no", "t.safetensors"), []));
        Assert.Contains("it cannot be written", e.Message);
    }

    [Theory]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null)] // the valid one
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "do not lie in the 7 bytes of data")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "1 bytes at the end belong to no tensor")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}""", 9, "begins 1 bytes after the one before it")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "do not lie in the 8 bytes of data")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "data_offsets with something else than a number from 0")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "shape with something else than a number from 0")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "shape with something else than a number from 0")]
    [InlineData("""{"t":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", 8, "shape with something else than a number")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "more elements than can be counted")]
    [InlineData("""{"t":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}""", 0, "more elements than can be counted")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""", 4, "more elements than can be counted")]
    [InlineData("""{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "is F32 [3], 12 bytes, but has 8 bytes of data")]
    [InlineData("""{"t":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "has dtype F31; Retort reads F64, F32, F16, BF16, I64")]
    [InlineData("""{"t":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", 8, "has \"dtype\" where one each")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""", 8, "lacks dtype, shape or data_offsets")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", 8, "has \"shape\" where one each")]
    [InlineData("""{"t":[]}""", 0, "is not described by an object")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "tensor \"u\" overlaps another one")]
    [InlineData("""{"t":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\u0074":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "two tensors are named \"t\"")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "__metadata__ holds \"a\" twice or not as a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "__metadata__ holds \"a\" twice or not as a text")]
    [InlineData("""{"__metadata__":[]}""", 0, "__metadata__ is not one map of texts")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not the JSON of a .safetensors file")]
    [InlineData("""{"t":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", 2, null)]
    [InlineData("""{"t":""", 0, "not the JSON of a .safetensors file")]
    [InlineData("""{} x""", 0, "not the JSON of a .safetensors file")]
    [InlineData("""{}   """, 0, null)]
    [InlineData(""" {}""", 0, "neither a .safetensors file nor")]
    public void A_header_is_believed_only_where_it_fits_the_file(string header, int data, string? fault)
    {
        string path = _folder.Write("t.safetensors", Bytes(header, data));
        Exception? e = Record.Exception(() => Safetensors.Read(path).Dispose());
        if (fault is null)
        {
            Assert.Null(e);
            return;
        }

        Assert.Contains(fault, Assert.IsType<CheckpointException>(e).Message);
        Assert.StartsWith(path, e!.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(3UL)]
    public void A_header_longer_than_the_file_is_refused_before_it_is_allocated(ulong length)
    {
        byte[] bytes = Bytes("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        string path = _folder.Write("t.safetensors", bytes);
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Read(path));
        Assert.Contains($"the header claims {length} bytes, the file has 10", e.Message);
    }

    [Fact]
    public void Deep_JSON_is_refused()
    {
        string path = _folder.Write("t.safetensors", Bytes("""{"t":""" + new string('[', 100_000), 0));
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Read(path));
        Assert.Contains("is not described by an object", e.Message);
        path = _folder.Write("u.safetensors", Bytes("""{"t":{"shape":""" + new string('[', 100_000), 0));
        Assert.Throws<CheckpointException>(() => Safetensors.Read(path));
    }

    [Fact]
    public void Names_that_are_not_UTF8_are_refused()
    {
        byte[] bytes = Bytes("""{"?":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0);
        bytes[8 + 2] = 0xff;
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Read(_folder.Write("t.safetensors", bytes)));
        Assert.Contains("the header is not valid UTF-8", e.Message);
    }

    [Fact]
    public void Truth_values_other_than_0_and_1_are_refused()
    {
        byte[] bytes = Bytes("""{"t":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", 2);
        bytes[^1] = 2;
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Read(_folder.Write("t.safetensors", bytes)));
        Assert.Contains("are not all 0 or 1", e.Message);
    }

    [Fact]
    public void Control_characters_of_a_name_do_not_reach_the_terminal()
    {
        byte[] bytes = Bytes("""{"\u001b[2J":{"dtype":"F31","shape":[0],"data_offsets":[0,0]}}""", 0);
        var e = Assert.Throws<CheckpointException>(() => Safetensors.Read(_folder.Write("t.safetensors", bytes)));
        Assert.Contains("\"?[2J\"", e.Message);
    }

    private static byte[] Bytes(string header, int data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + text.Length + data];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        return bytes;
    }

    private string Write(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        string path = System.IO.Path.Combine(_folder.Path, "t.safetensors");
        Safetensors.Write(path, tensors);
        return path;
    }
}
