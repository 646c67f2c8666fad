namespace Retort.Torch.Serialization;

/// <summary>
/// An open file of torch.save (<c>.pth</c>, <c>.pt</c>), in the zip format or the older one. Its pickle is read as data by a reader that
/// knows tensors and containers; nothing in the file is ever executed.
/// </summary>
/// <remarks>For the tensors of a network use <see cref="StateDictReader"/>, which finds them in the file.</remarks>
public sealed class PytorchCheckpoint : IDisposable
{
    private readonly CheckpointSource _source;

    internal PytorchCheckpoint(CheckpointSource source, CheckpointFormat format)
    {
        _source = source;
        Format = format;
        Root = format == CheckpointFormat.PytorchZip ? PytorchZip.Read(source) : PytorchLegacy.Read(source);
    }

    /// <summary>The zip format or the older one.</summary>
    public CheckpointFormat Format { get; }

    /// <summary>
    /// What was saved: null, <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>,
    /// <see cref="string"/>, <c>byte[]</c>, <c>object?[]</c> for a tuple, <c>List&lt;object?&gt;</c>, <see cref="PickledDictionary"/>,
    /// <see cref="PickledSet"/>, <see cref="PickledTensor"/>, and <see cref="PickledObject"/> in place of everything else. Lists and
    /// dictionaries may contain themselves.
    /// </summary>
    public object? Root { get; }

    /// <summary>Opens a file and reads everything but its tensors' elements.</summary>
    /// <exception cref="CheckpointException">There is no such file, or it is not one of torch.save, or it is damaged or hostile.</exception>
    public static PytorchCheckpoint Read(string path)
    {
        var source = CheckpointSource.Open(path);
        try
        {
            CheckpointFormat format = FileSignature.Detect(source);
            if (format is CheckpointFormat.Safetensors or CheckpointFormat.SafetensorsIndex)
                throw source.Fault($"this is a .safetensors file or an index of such, not one of torch.save; read it with {nameof(StateDictReader)}.");
            return new PytorchCheckpoint(source, format);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _source.Dispose();
}
