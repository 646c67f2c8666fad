namespace Retort.Torch.Serialization;

/// <summary>Reads and writes whole <c>.safetensors</c> files. <see cref="SafetensorsFile"/> reads parts of one.</summary>
public static class Safetensors
{
    internal const string MetadataName = "__metadata__";

    /// <summary>Reads all tensors, as they are, without a change of names.</summary>
    /// <returns>The tensors, owned by the result.</returns>
    /// <exception cref="CheckpointException">There is no such file, or it is not valid.</exception>
    public static SavedState Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return SavedState.Load(file.Tensors.Select(t => KeyValuePair.Create(t.Key, (SavedTensor)t.Value)), t => t.Load()) with
        {
            Format = CheckpointFormat.Safetensors,
            Metadata = file.Metadata,
        };
    }

    /// <summary>Writes tensors to a file; an existing one is overwritten in place, so write beside and rename where that matters.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Any device and memory order; nothing is converted. Names are unique.</param>
    /// <param name="metadata">Texts for the header.</param>
    /// <exception cref="CheckpointException">The file cannot be written, or the names are not unique.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            SafetensorsWriter.Write(stream, path, tensors, metadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"it cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Writes tensors to several files beside an index, which is written last: <c>NAME-00001-of-00003.safetensors</c>.</summary>
    /// <param name="index">The index, <c>NAME.safetensors.index.json</c>.</param>
    /// <param name="tensors">Any device and memory order; nothing is converted. Names are unique.</param>
    /// <param name="mostBytes">Most bytes of tensors in a file; a larger tensor has one alone.</param>
    /// <param name="metadata">Texts for the index.</param>
    /// <exception cref="CheckpointException">A file cannot be written, or has another name, or the tensors' names are not unique.</exception>
    public static void WriteSharded(
        string index, IEnumerable<KeyValuePair<string, Tensor>> tensors, long mostBytes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostBytes, 1);
        try
        {
            SafetensorsShards.Write(index, tensors, mostBytes, metadata);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(index, $"it cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Writes tensors to a stream, one after the other: the same tensors in the same order give the same bytes.</summary>
    /// <param name="stream">Is written to only; stays open.</param>
    /// <param name="tensors">Any device and memory order; nothing is converted. Names are unique.</param>
    /// <param name="metadata">Texts for the header.</param>
    /// <exception cref="CheckpointException">The names are not unique.</exception>
    public static void Write(
        Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(stream, (stream as FileStream)?.Name ?? "the stream", tensors, metadata);
}
