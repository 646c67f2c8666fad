namespace Retort.Torch.Generators;

/// <summary>A parsed operator schema: <c>aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor</c>.</summary>
internal sealed class Schema
{
    private Schema(string text, string name, string overload, List<Argument> arguments, List<string> results)
    {
        Text = text;
        Name = name;
        Overload = overload;
        Arguments = arguments;
        Results = results;
    }

    /// <summary>The line as it stands in the file.</summary>
    public string Text { get; }

    /// <summary>With namespace, without overload: <c>aten::add</c>.</summary>
    public string Name { get; }

    /// <summary><c>Tensor</c>; empty where there is none.</summary>
    public string Overload { get; }

    public List<Argument> Arguments { get; }

    /// <summary>Types of the results, without alias annotations.</summary>
    public List<string> Results { get; }

    /// <summary>Whether the operator becomes a method of Tensor.</summary>
    public bool IsInstance => Arguments.Count > 0 && Arguments[0].Name == "self" && Arguments[0].Type == "Tensor";

    /// <summary>Whether the operator returns its first argument, changed.</summary>
    public bool IsInPlace => IsInstance && Arguments[0].IsWritten && Results.Count == 1 && Results[0] == "Tensor";

    public static Schema Parse(string line)
    {
        int open = line.IndexOf('('), arrow = line.LastIndexOf("->", StringComparison.Ordinal);
        if (open < 0 || arrow < open)
            throw new SchemaException("expected name(arguments) -> results");
        string full = line.Substring(0, open);
        int space = full.IndexOf("::", StringComparison.Ordinal);
        if (space < 0)
            throw new SchemaException("expected a name with its namespace, as aten::relu");
        int dot = full.IndexOf('.', space);
        string name = dot < 0 ? full : full.Substring(0, dot), overload = dot < 0 ? "" : full.Substring(dot + 1);

        int close = line.LastIndexOf(')', arrow);
        var arguments = new List<Argument>();
        foreach (string part in Split(line.Substring(open + 1, close - open - 1)))
        {
            if (part != "*")
                arguments.Add(Argument.Parse(part));
        }

        string output = line.Substring(arrow + 2).Trim();
        if (output.StartsWith("(", StringComparison.Ordinal) && output.EndsWith(")", StringComparison.Ordinal))
            output = output.Substring(1, output.Length - 2);
        var results = new List<string>();
        foreach (string part in Split(output))
            results.Add(Argument.Parse(part + (part.Contains(" ") ? "" : " result")).Type);
        return new Schema(line, name, overload, arguments, results);
    }

    /// <summary>Splits at commas outside of brackets.</summary>
    private static IEnumerable<string> Split(string list)
    {
        int depth = 0, start = 0;
        for (int i = 0; i <= list.Length; i++)
        {
            char c = i < list.Length ? list[i] : ',';
            if (c is '(' or '[')
                depth++;
            else if (c is ')' or ']')
                depth--;
            else if (c == ',' && depth <= 0)
            {
                string part = list.Substring(start, i - start).Trim();
                start = i + 1;
                if (part.Length > 0)
                    yield return part;
            }
        }
    }
}
