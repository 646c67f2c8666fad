namespace Retort.Torch.Serialization;

/// <summary>A file of saved tensors cannot be read or written; the message names the file, what is wrong in it and the remedy.</summary>
public sealed class CheckpointException : RetortException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">The rest of the sentence: what is wrong, what to do.</param>
    /// <param name="inner">What was caught, when there was something.</param>
    public CheckpointException(string path, string reason, Exception? inner = null)
        : base($"{path}: {Printable(reason)}", inner) => Path = path;

    /// <summary>The file, as the caller named it.</summary>
    public string Path { get; }

    // Names come out of the file: they must not steer the terminal.
    private static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
