using System.Text;

namespace Retort.Torch.Generators;

/// <summary>Writes the C# method of one operator.</summary>
internal static class OperatorMethod
{
    public static void Write(StringBuilder code, Schema schema, int index)
    {
        // C# wants optional parameters last; schemas allow required keyword arguments after them.
        var parameters = schema.Arguments.Skip(schema.IsInstance ? 1 : 0).Where(a => !a.IsHidden)
            .OrderBy(a => a.DefaultValue == null ? 0 : 1).ToList();
        string signature = string.Join(", ", parameters.Select(p =>
            $"{p.ParameterType} {p.Parameter}{(p.DefaultValue == null ? "" : " = " + p.CSharpDefault)}"));
        code.Append($"    /// <summary><c>{Escape(schema.Text)}</c></summary>\n")
            .Append($"    public {(schema.IsInstance ? "" : "static ")}unsafe {ResultType(schema)} {MethodName(schema.Name)}({signature})\n    {{\n")
            .Append($"        BridgeValue* stack = stackalloc BridgeValue[{schema.Arguments.Count}];\n");

        int results = schema.Results.Count;
        code.Append($"        BridgeValue* result = stackalloc BridgeValue[{Math.Max(results, 1)}];\n");

        // Lists stay pinned until the call is over, so the call stands inside of all fixed statements.
        var pins = new StringBuilder();
        var values = new StringBuilder();
        for (int i = 0; i < schema.Arguments.Count; i++)
            WriteArgument(code, pins, values, schema.Arguments[i], i, isThis: i == 0 && schema.IsInstance);
        code.Append(pins).Append("        {\n").Append(values)
            .Append($"            OperatorTable.All[{index}].Call(stack, {schema.Arguments.Count}, result, {results});\n        }}\n");
        foreach (Argument argument in schema.Arguments.Where(a => a.Type.StartsWith("Tensor", StringComparison.Ordinal) || a.Type == "Generator?"))
            code.Append($"        GC.KeepAlive({(argument == schema.Arguments[0] && schema.IsInstance ? "this" : argument.Parameter)});\n");
        WriteResult(code, schema);
        code.Append("    }\n\n");
    }

    private static void WriteArgument(
        StringBuilder code, StringBuilder pins, StringBuilder values, Argument argument, int i, bool isThis)
    {
        string p = argument.Parameter, value;
        if (isThis)
        {
            value = "BridgeValue.Of(this)";
        }
        else if (argument.IsHidden)
        {
            value = "BridgeValue.Default";
        }
        else if (argument.IsTensorList)
        {
            code.Append($"        nint[] list{i} = Tensor.Handles({p});\n");
            pins.Append($"        fixed (nint* pin{i} = list{i})\n");
            value = $"BridgeValue.List(BridgeTag.{(argument.Type == "Tensor[]" ? "TensorList" : "OptionalTensorList")}, pin{i}, list{i}.Length)";
        }
        else if (argument.IsString)
        {
            code.Append($"        byte[]? text{i} = {p} is null ? null : Encoding.UTF8.GetBytes({p});\n");
            pins.Append($"        fixed (byte* pin{i} = text{i})\n");
            value = $"text{i} is null ? BridgeValue.Default : BridgeValue.List(BridgeTag.String, pin{i}, text{i}.Length)";
        }
        else if (argument.IsList)
        {
            (string type, string tag) = argument.Type switch
            {
                "bool[]" => ("bool", "BoolList"),
                "int[]" or "int[]?" => ("long", "IntList"),
                _ => ("double", "DoubleList"),
            };
            pins.Append($"        fixed ({type}* pin{i} = {p})\n");
            value = (argument.DefaultValue == null ? "" : $"{p}.IsEmpty ? BridgeValue.Default : ")
                + $"BridgeValue.List(BridgeTag.{tag}, pin{i}, {p}.Length)";
        }
        else
        {
            value = $"BridgeValue.Of({p})" + (argument.DefaultValue != null && argument.CSharpDefault == "null" ? ".OrDefault()" : "");
        }

        values.Append($"            stack[{i}] = {value};\n");
    }

    private static void WriteResult(StringBuilder code, Schema schema)
    {
        if (schema.IsInPlace)
            code.Append("        return Same(result[0]);\n");
        else if (schema.Results.Count == 1)
            code.Append($"        return {Take(schema.Results[0], 0)};\n");
        else if (schema.Results.Count > 1)
            code.Append($"        return ({string.Join(", ", schema.Results.Select(Take))});\n");
    }

    private static string Take(string type, int i) => type switch
    {
        "Tensor" => $"Tensor.Owned(result[{i}])",
        "Tensor[]" => $"Tensor.OwnedList(result[{i}])",
        "int" => $"result[{i}].Integer",
        "float" => $"result[{i}].Real",
        "bool" => $"result[{i}].Integer != 0",
        _ => throw new SchemaException($"results of type {type} are not supported"),
    };

    private static string ResultType(Schema schema)
    {
        var types = schema.Results.Select(t => t == "Tensor[]" ? "Tensor[]" : Argument.CSharpType(t)).ToList();
        return types.Count switch
        {
            0 => "void",
            1 => types[0],
            _ => "(" + string.Join(", ", types) + ")",
        };
    }

    /// <summary><c>aten::_foreach_add_</c> becomes <c>ForeachAdd_</c>: the last underscore says "in place".</summary>
    private static string MethodName(string name)
    {
        string plain = name.Substring(name.IndexOf("::", StringComparison.Ordinal) + 2);
        bool inPlace = plain.EndsWith("_", StringComparison.Ordinal);
        IEnumerable<string> words = plain.Split(['_'], StringSplitOptions.RemoveEmptyEntries);
        return string.Concat(words.Select(w => char.ToUpperInvariant(w[0]) + w.Substring(1))) + (inPlace ? "_" : "");
    }

    private static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
}
