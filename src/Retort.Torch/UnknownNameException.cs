namespace Retort;

/// <summary>A name that no registry entry has; the message offers the nearest ones and the command that lists all.</summary>
public sealed class UnknownNameException : RetortException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="kind">What was looked for: "model", "method".</param>
    /// <param name="name">The name that was given.</param>
    /// <param name="known">The names that exist.</param>
    /// <param name="listCommand">The command that lists them.</param>
    public UnknownNameException(string kind, string name, IEnumerable<string> known, string listCommand)
        : base(Text(kind, name, [.. known], listCommand)) => (Kind, Name) = (kind, name);

    /// <summary>What was looked for: "model", "method".</summary>
    public string Kind { get; }

    /// <summary>The name that was given.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override bool WrongUse => true;

    private static string Text(string kind, string name, string[] known, string listCommand)
    {
        string question = NearestName.Question(name, known);
        return $"There is no {kind} named \"{name}\".{(question.Length > 0 ? " " + question : "")} `{listCommand}` shows all {known.Length}.";
    }
}
