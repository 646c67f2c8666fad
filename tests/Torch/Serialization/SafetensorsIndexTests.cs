using System.Text;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

/// <summary>States that are spread over several files, and indexes that lie about them.</summary>
public sealed class SafetensorsIndexTests : IDisposable
{
    private const string Map = """{"a.weight": "s-1.safetensors", "b": "s-2.safetensors", "a.bias": "s-1.safetensors"}""";

    private readonly TemporaryFolder _folder = new();
    private readonly TensorScope _scope = new();

    public SafetensorsIndexTests()
    {
        Safetensors.Write(In("s-1.safetensors"), [new("a.weight", Tensor.From<float>([1, 2], 2)), new("a.bias", Tensor.From<float>([3], 1))]);
        Safetensors.Write(In("s-2.safetensors"), [new("b", Tensor.From<long>([4], 1))]);
    }

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Tensors_of_all_files_are_read_in_the_order_of_the_index()
    {
        long before = Collector.LiveTensors();
        using (SavedState state = StateDictReader.Read(Index($$"""{"metadata": {"total_size": 20, "retort.model": "x"}, "weight_map": {{Map}}}""")))
        {
            Assert.Equal(["a.weight", "b", "a.bias"], state.Tensors.Keys);
            Assert.Equal(CheckpointFormat.SafetensorsIndex, state.Format);
            Assert.Equal([1, 2], state.Tensors["a.weight"].ToArray<float>());
            Assert.Equal([4], state.Tensors["b"].ToArray<long>());
            Assert.Equal(("20", "x"), (state.Metadata["total_size"], state.Metadata["retort.model"]));
        }

        Assert.Equal(before, TorchRuntime.LiveTensors);
        using SavedState renamed = StateDictReader.Read(Index($$"""{"weight_map": {{Map}}}"""), new() { Renames = [RenameRule.Parse("^b$=c")] });
        Assert.Equal(["a.weight", "c", "a.bias"], renamed.Tensors.Keys);
    }

    [Theory]
    [InlineData("../s-1.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("/tmp/s-1.safetensors")]
    [InlineData("sub/s-1.safetensors")]
    [InlineData("..\\\\s-1.safetensors")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("s-1.pth")]
    public void Only_files_beside_it_are_opened(string name) =>
        Assert.Contains("may name only .safetensors files beside it", Fault("{\"weight_map\": {\"a.weight\": \"" + name + "\"}}"));

    [Theory]
    [InlineData("""{"weight_map": {"a.weight": "s-1.safetensors", "x": "s-3.safetensors"}}""", "1 of the 2 files that it names are missing: s-3.safetensors; put them beside it.")]
    [InlineData("""{"weight_map": {"a.weight": "s-1.safetensors"}}""", "s-1.safetensors holds a tensor \"a.bias\" that the index does not have there")]
    [InlineData("""{"weight_map": {"b": "s-2.safetensors", "c": "s-2.safetensors"}}""", "s-2.safetensors holds no tensor \"c\", which the index has there")]
    [InlineData("""{"weight_map": {"b": "s-2.safetensors", "b": "s-2.safetensors"}}""", "the index names \"b\" twice")]
    [InlineData("""{"weight_map": {"b": 2}}""", "the index names \"b\" twice, or not with the name of a file")]
    [InlineData("""{"weight_map": ["b"]}""", "this JSON file has no \"weight_map\"")]
    [InlineData("""{"layers": 3}""", "this JSON file has no \"weight_map\"")]
    [InlineData("""{"weight_map": {""", "this is not the JSON of an index")]
    [InlineData("""{"weight_map": {"b": "index.safetensors"}}""", "index.safetensors: this is the text of an index, not a .safetensors file")]
    public void An_index_that_does_not_agree_with_the_files_is_refused(string json, string message)
    {
        if (json.Contains("index.safetensors", StringComparison.Ordinal))
            _folder.Write("index.safetensors", Encoding.UTF8.GetBytes("""{"weight_map": {}}"""));
        Assert.Contains(message, Fault(json));
    }

    [Fact]
    public void A_file_of_it_that_is_damaged_is_named()
    {
        byte[] whole = File.ReadAllBytes(In("s-2.safetensors"));
        _folder.Write("s-2.safetensors", whole[..^3]);
        Assert.StartsWith(In("s-2.safetensors"), Fault($$"""{"weight_map": {{Map}}}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_refused() => Assert.Contains(
        "has no keys", Assert.Throws<CheckpointException>(() => StateDictReader.Read(Index($$"""{"weight_map": {{Map}}}"""), new() { Key = "model" })).Message);

    [Fact]
    public void A_state_is_written_in_files_of_a_size_and_read_again()
    {
        KeyValuePair<string, Tensor>[] state = [.. Enumerable.Range(0, 5).Select(i => KeyValuePair.Create($"t{i}", Tensor.From<float>([i, i + 0.5f], 2)))];
        string index = In("net.safetensors.index.json");
        Safetensors.WriteSharded(index, state, mostBytes: 20, new Dictionary<string, string> { ["case"] = "{}" });
        Assert.Equal(
            ["net-00001-of-00003.safetensors", "net-00002-of-00003.safetensors", "net-00003-of-00003.safetensors"],
            Directory.EnumerateFiles(_folder.Path, "net-*").Select(Path.GetFileName).Order());
        using SavedState read = StateDictReader.Read(index);
        Assert.Equal(state.Select(t => t.Key), read.Tensors.Keys);
        Assert.All(state, t => TensorAssert.Same(t.Value, read.Tensors[t.Key]));
        Assert.Equal(("40", "{}"), (read.Metadata["total_size"], read.Metadata["case"]));
        Assert.Throws<CheckpointException>(() => Safetensors.WriteSharded(In("net.json"), state, 20));
    }

    private string Fault(string json)
    {
        string index = Index(json);
        long before = Collector.LiveTensors();
        string message = Assert.Throws<CheckpointException>(() => StateDictReader.Read(index)).Message;
        Assert.Equal(before, TorchRuntime.LiveTensors);
        return message;
    }

    private string Index(string json) => _folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));

    private string In(string name) => Path.Combine(_folder.Path, name);
}
