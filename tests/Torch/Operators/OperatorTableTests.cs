using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Retort.Torch;
using Retort.Torch.Native;

namespace Retort.Tests.Torch.Operators;

/// <summary>Every line of operators.txt against the libtorch that is loaded.</summary>
public unsafe partial class OperatorTableTests
{
    private static readonly string[] Lines = ReadLines();

    [Fact]
    public void The_table_has_every_line_in_order()
    {
        Assert.True(Lines.Length > 250);
        Assert.Equal(Lines.Select(l => l[..l.IndexOf('(')]), OperatorTable.All.Select(FullName));
        Assert.Equal(Lines.Length, Lines.Distinct().Count());
    }

    [Fact]
    public void Every_operator_is_there_with_the_declared_arguments_and_results()
    {
        var faults = new List<string>();
        for (int i = 0; i < Lines.Length; i++)
        {
            string found;
            try
            {
                found = Describe(OperatorTable.All[i].Handle);
            }
            catch (TorchException e)
            {
                faults.Add($"{Lines[i]}: {e.Message}");
                continue;
            }

            string declared = Normalise(Lines[i]);
            if (declared != found)
                faults.Add($"declared {declared}\n  loaded {found}");
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public void Too_many_arguments_are_refused_and_missing_ones_are_filled()
    {
        var relu = new Operator("aten::relu", "");
        using Tensor x = Tensor.From([-1f, 2]);
        BridgeValue* values = stackalloc BridgeValue[3];
        values[0] = BridgeValue.Of(x);
        BridgeValue result;
        relu.Call(values, 1, &result, 1);
        using (Tensor y = Tensor.Owned(result))
            Assert.Equal([0f, 2], y.ToArray<float>());
        var error = Assert.Throws<TorchException>(() => Overfull(relu, x));
        Assert.Contains("aten::relu", error.Message);
        Assert.Contains("other", Assert.Throws<TorchException>(() => Underfull(x)).Message);
    }

    [Fact]
    public void A_required_tensor_that_is_missing_is_named()
    {
        using Tensor x = Tensor.From([-1f, 2]);
        Assert.Contains("aten::cat", Assert.Throws<TorchException>(() => Aten.Cat([])).Message);
        Assert.Contains("aten::add", Assert.Throws<TorchException>(() => x.Add((Tensor)null!)).Message);
    }

    private static void Overfull(Operator op, Tensor x)
    {
        BridgeValue* values = stackalloc BridgeValue[2];
        values[0] = BridgeValue.Of(x);
        values[1] = BridgeValue.Of(1L);
        BridgeValue result;
        op.Call(values, 2, &result, 1);
    }

    private static void Underfull(Tensor x)
    {
        BridgeValue* values = stackalloc BridgeValue[1];
        values[0] = BridgeValue.Of(x);
        BridgeValue result;
        new Operator("aten::mul", "Tensor").Call(values, 1, &result, 1);
    }

    private static string[] ReadLines()
    {
        using var reader = new StreamReader(typeof(Tensor).Assembly.GetManifestResourceStream("operators.txt")!);
        return [.. reader.ReadToEnd().Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#')];
    }

    private static string FullName(Operator op) => op.Overload.Length == 0 ? op.Name : $"{op.Name}.{op.Overload}";

    /// <summary>"self: Tensor, *alpha: Scalar = -> Tensor" as the bridge tells it; "=" where there is a default.</summary>
    private static string Describe(nint op)
    {
        int arguments, results;
        Bridge.Check(Bridge.retort_op_argument_count(op, &arguments, &results));
        var parts = new List<string>();
        var types = new List<string>();
        for (int i = 0; i < arguments + results; i++)
        {
            ArgumentInfo info;
            Bridge.Check(Bridge.retort_op_argument(op, i, &info));
            string type = FromRepr(Marshal.PtrToStringUTF8((nint)info.Type)!);
            Assert.Equal(i >= arguments, info.IsReturn != 0);
            if (i >= arguments)
                types.Add(type);
            else
                parts.Add($"{(info.KeywordOnly != 0 ? "*" : "")}{Marshal.PtrToStringUTF8((nint)info.Name)}: {type}{(info.HasDefault != 0 ? " =" : "")}");
        }

        return $"{string.Join(", ", parts)} -> {string.Join(", ", types)}";
    }

    /// <summary>Optional[List[int]] becomes int[]?.</summary>
    private static string FromRepr(string type)
    {
        Match match = Wrapped().Match(type);
        if (!match.Success)
            return type switch { "SymInt" => "int", "number" => "Scalar", _ => type };
        return FromRepr(match.Groups["inner"].Value) + (match.Groups["outer"].Value == "List" ? "[]" : "?");
    }

    /// <summary>The declared line in the same form.</summary>
    private static string Normalise(string line)
    {
        int arrow = line.LastIndexOf("->", StringComparison.Ordinal), open = line.IndexOf('('), close = line.LastIndexOf(')', arrow);
        var parts = new List<string>();
        bool keyword = false;
        foreach (string part in Split(line[(open + 1)..close]))
        {
            if (part == "*")
            {
                keyword = true;
                continue;
            }

            int space = part.LastIndexOf(' ', part.IndexOf('=') is var equals and >= 0 ? equals : part.Length - 1);
            string name = part[(space + 1)..].Split('=')[0];
            parts.Add($"{(keyword ? "*" : "")}{name}: {Type(part[..space])}{(part.Contains('=') ? " =" : "")}");
        }

        string results = line[(arrow + 2)..].Trim();
        if (results.StartsWith('(') && results.EndsWith(')'))
            results = results[1..^1];
        return $"{string.Join(", ", parts)} -> {string.Join(", ", Split(results).Select(r => Type(r.Split(' ')[0])))}";
    }

    private static string Type(string declared) => Alias().Replace(Length().Replace(declared, "[]"), "").Replace("SymInt", "int").Trim();

    private static IEnumerable<string> Split(string list)
    {
        int depth = 0, start = 0;
        for (int i = 0; i <= list.Length; i++)
        {
            char c = i < list.Length ? list[i] : ',';
            depth += c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0;
            if (c != ',' || (depth > 0 && i < list.Length))
                continue;
            if (list[start..i].Trim() is { Length: > 0 } part)
                yield return part;
            start = i + 1;
        }
    }

    [GeneratedRegex(@"^(?<outer>Optional|List)\[(?<inner>.+)\]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Wrapped();

    [GeneratedRegex(@"\([^)]*\)", RegexOptions.None, 1000)]
    private static partial Regex Alias();

    [GeneratedRegex(@"\[\d+\]", RegexOptions.None, 1000)]
    private static partial Regex Length();
}
