using System.Security.Cryptography;
using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Serialization;

namespace Retort.Training.Checkpoints;

/// <summary>
/// The files of one checkpoint: weights and state of training as <c>.safetensors</c>, and <c>state.json</c>, which has a hash of each of
/// them. What was lost or changed since it was written is seen before it is used.
/// </summary>
internal static class CheckpointFolder
{
    private const string StateFile = "state.json", Extension = ".safetensors",
        Remedy = "delete this folder to train the stage from its beginning, or begin the run anew with --overwrite.";

    /// <summary>Writes tensors into a file.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="name">The file's name without its ending.</param>
    /// <param name="tensors">What it holds.</param>
    /// <param name="metadata">Its header; null: none.</param>
    public static void Write(
        string path, string name, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // By a stream of our own: a full disk is then seen as such, and told with the run's folder and the remedy.
        using FileStream stream = File.Create(Path.Combine(path, name + Extension), bufferSize: 1);
        Safetensors.Write(stream, tensors, metadata);
    }

    /// <summary>Writes <c>state.json</c> with the hashes of the files that are there: the last of a folder's files.</summary>
    public static void WriteState(string path, CheckpointState state)
    {
        state.Files = Directory.EnumerateFiles(path).ToDictionary(file => Path.GetFileName(file), Hash);
        File.WriteAllBytes(Path.Combine(path, StateFile), JsonSerializer.SerializeToUtf8Bytes(state, CheckpointJson.Default.CheckpointState));
    }

    /// <summary>Reads <c>state.json</c>.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged, or of another version of Retort.</exception>
    public static CheckpointState ReadState(string path)
    {
        string file = Path.Combine(path, StateFile);
        if (!File.Exists(file))
            throw new CheckpointException(path, $"there is no {StateFile}, so this is no checkpoint; {Remedy}");
        CheckpointState? state;
        try
        {
            state = JsonSerializer.Deserialize(File.ReadAllBytes(file), CheckpointJson.Default.CheckpointState);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, $"the file is damaged ({e.Message}); {Remedy}", e);
        }

        return state?.Version == CheckpointState.Current
            ? state
            : throw new CheckpointException(
                file, $"it has format {state?.Version}, this version of Retort reads {CheckpointState.Current}; {Remedy}");
    }

    /// <summary>The same, or null where it cannot be read.</summary>
    public static CheckpointState? TryReadState(string path)
    {
        try
        {
            return ReadState(path);
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    /// <summary>Refuses a folder whose files are not all as they were written.</summary>
    /// <exception cref="CheckpointException">One is missing, or has another content.</exception>
    public static void RequireWhole(string path, CheckpointState state)
    {
        foreach ((string name, string hash) in state.Files)
        {
            string file = Path.Combine(path, name);
            if (!File.Exists(file))
                throw new CheckpointException(path, $"{name} is missing, so the run cannot go on as it was; {Remedy}");
            if (Hash(file) != hash)
                throw new CheckpointException(file, $"the file is damaged (its content is not what was written); {Remedy}");
        }
    }

    /// <summary>Gives a file's tensors to who takes them; none where there is no such file.</summary>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public static void Load(string path, string name, Action<IReadOnlyDictionary<string, Tensor>> load)
    {
        string file = Path.Combine(path, name + Extension);
        if (!File.Exists(file))
        {
            load(new Dictionary<string, Tensor>());
            return;
        }

        using SavedState saved = Safetensors.Read(file);
        load(saved.Tensors);
    }

    /// <summary>The one tensor of a file, of its name.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static void LoadOne(string path, string name, Action<Tensor> load) => Load(path, name, tensors => load(
        tensors.GetValueOrDefault(name)
        ?? throw new CheckpointException(path, $"{name}{Extension} is missing, so the run cannot go on as it was; {Remedy}")));

    private static string Hash(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
