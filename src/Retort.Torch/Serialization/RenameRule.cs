using System.Text.RegularExpressions;

namespace Retort.Torch.Serialization;

/// <summary>
/// Changes names of saved tensors: "FROM=TO", where FROM is a regular expression, looked for anywhere in a name, and TO what stands in
/// its place, with $1 for its first group. A tensor whose name becomes empty is left out.
/// </summary>
/// <example><c>^backbone\.=</c>, <c>^head\.(weight|bias)$=fc.$1</c>, <c>^criterion\..*=</c></example>
public sealed class RenameRule
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly Regex _from;
    private readonly string _to;

    private RenameRule(string text, Regex from, string to) => (Text, _from, _to) = (text, from, to);

    /// <summary>The rule as it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a rule. The last equals sign parts it, as patterns may have more.</summary>
    /// <exception cref="FormatException">There is no equals sign, or the pattern is none; the message says so.</exception>
    public static RenameRule Parse(string text)
    {
        int at = text.LastIndexOf('=');
        if (at <= 0)
            throw new FormatException($"'{text}' is no renaming: write FROM=TO, as '^head=fc'.");
        try
        {
            return new RenameRule(text, new Regex(text[..at], RegexOptions.CultureInvariant, Longest), text[(at + 1)..]);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'{text[..at]}' is no regular expression: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>The name that a name becomes.</summary>
    /// <exception cref="FormatException">The pattern takes too long.</exception>
    public string Apply(string name)
    {
        try
        {
            return _from.Replace(name, _to);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new FormatException($"'{Text}' takes too long: write a simpler pattern.", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
