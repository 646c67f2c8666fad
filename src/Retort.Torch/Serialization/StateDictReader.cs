namespace Retort.Torch.Serialization;

/// <summary>
/// Reads a network's tensors from a file of any format: <c>.safetensors</c> and the index of several, and torch.save's zip and older formats, told apart by
/// content. Finds the state dict in a checkpoint that holds more.
/// </summary>
public static class StateDictReader
{
    /// <summary>Reads the tensors; of the rest of the file nothing but its description.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Where the state dict is, when it is not found by itself.</param>
    /// <returns>The tensors, owned by the result, and which key and prefix were used.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, or holds no or more than one state dict.</exception>
    public static SavedState Read(string path, StateDictOptions? options = null)
    {
        using StateDictFile file = Open(path, options);
        return file.Load();
    }

    /// <summary>Opens a file to look at its tensors' names, types and shapes, or to read some of them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Where the state dict is, when it is not found by itself.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or holds no or more than one state dict.</exception>
    public static StateDictFile Open(string path, StateDictOptions? options = null) => Open(CheckpointSource.Open(path), options);

    internal static StateDictFile Open(CheckpointSource source, StateDictOptions? options = null)
    {
        try
        {
            CheckpointFormat format = FileSignature.Detect(source);
            return format switch
            {
                CheckpointFormat.Safetensors => StateDictFile.Of(source, new SafetensorsFile(source), options ?? new()),
                CheckpointFormat.SafetensorsIndex => StateDictFile.Of(source, SafetensorsIndex.Read(source), options ?? new()),
                _ => StateDictFile.Of(source, new PytorchCheckpoint(source, format), options ?? new()),
            };
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
