namespace Retort.Torch.Serialization;

/// <summary>An open <c>.safetensors</c> file: the header is in memory, tensors are read one by one when they are asked for.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly CheckpointSource _source;
    private readonly SafetensorsHeader _header;

    internal SafetensorsFile(CheckpointSource source)
    {
        _source = source;
        _header = SafetensorsHeader.Read(source);
    }

    /// <summary>What the file holds, by name, in the order of its header.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _header.Tensors;

    /// <summary>The texts under <c>__metadata__</c>; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CheckpointException">There is no such file, or its header is not valid for its size.</exception>
    public static SafetensorsFile Open(string path)
    {
        var source = CheckpointSource.Open(path);
        try
        {
            CheckpointFormat format = FileSignature.Detect(source);
            if (format != CheckpointFormat.Safetensors)
            {
                string other = format == CheckpointFormat.SafetensorsIndex ? "the text of an index" : "a file of torch.save";
                throw source.Fault($"this is {other}, not a .safetensors file; read it with {nameof(StateDictReader)}.");
            }

            return new SafetensorsFile(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads one tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <returns>A CPU tensor of the file's type, owned by the current scope or the caller.</returns>
    /// <exception cref="CheckpointException">The file has no such tensor, or cannot be read.</exception>
    public Tensor Load(string name)
    {
        if (Tensors.TryGetValue(name, out SafetensorsTensor? tensor))
            return tensor.Load();
        string question = NearestName.Question(name, Tensors.Keys);
        throw _source.Fault($"no tensor is named \"{name}\"; {(question.Length > 0 ? question : $"it holds {Tensors.Count} others.")}");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _source.Dispose();
}
