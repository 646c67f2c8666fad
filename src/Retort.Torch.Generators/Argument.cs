using System.Text.RegularExpressions;

namespace Retort.Torch.Generators;

/// <summary>One argument of a schema, and how C# passes it.</summary>
internal sealed class Argument
{
    private Argument(string type, string name, string? defaultValue, bool isWritten)
    {
        Type = type;
        Name = name;
        DefaultValue = defaultValue;
        IsWritten = isWritten;
    }

    /// <summary>Schema type without alias annotation and list length: <c>Tensor?</c>, <c>int[]</c>.</summary>
    public string Type { get; }

    public string Name { get; }

    /// <summary>As it stands in the schema; null where the caller must give a value.</summary>
    public string? DefaultValue { get; }

    /// <summary>Annotated <c>(a!)</c>: the operator changes it.</summary>
    public bool IsWritten { get; }

    /// <summary>Always left to its default: strided layout and unpinned memory are all that Retort uses.</summary>
    public bool IsHidden => Type == "Layout?" || Name == "pin_memory";

    /// <summary>Name of the C# parameter.</summary>
    public string Parameter
    {
        get
        {
            string[] words = Name.Split(['_'], StringSplitOptions.RemoveEmptyEntries);
            string result = words[0];
            for (int i = 1; i < words.Length; i++)
                result += char.ToUpperInvariant(words[i][0]) + words[i].Substring(1);
            return "@" + result;
        }
    }

    /// <summary>A list that is pinned for the call.</summary>
    public bool IsList => Type.Contains("[]");

    public bool IsTensorList => Type is "Tensor[]" or "Tensor?[]";

    public bool IsString => Type is "str" or "str?";

    /// <summary>C# type of the parameter; what has a default that C# cannot write becomes nullable, null meaning the default.</summary>
    public string ParameterType
    {
        get
        {
            string type = CSharpType(Type);
            bool nullable = DefaultValue != null && CSharpDefault == "null" && !type.EndsWith("?", StringComparison.Ordinal);
            return nullable ? type + "?" : type;
        }
    }

    /// <summary>The default in C#; "null" and "default" stand for the schema's.</summary>
    public string CSharpDefault
    {
        get
        {
            if (IsList && !IsTensorList)
                return "default";
            return Type switch
            {
                "int" when long.TryParse(DefaultValue, out _) => DefaultValue!,
                "float" when double.TryParse(DefaultValue, out _) => DefaultValue!,
                "bool" when DefaultValue is "True" or "False" => DefaultValue == "True" ? "true" : "false",
                _ => "null",
            };
        }
    }

    public static Argument Parse(string text)
    {
        Match match = Regex.Match(
            text.Trim(),
            @"^(?<type>Tensor|int|SymInt|float|bool|Scalar|str|ScalarType|Layout|Device|MemoryFormat|Generator)(\((?<alias>[^)]+)\))?(?<optional>\?)?(?<list>\[\d*\])?(?<last>\?)? +(?<name>\w+)(=(?<default>.+))?$",
            RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        if (!match.Success)
            throw new SchemaException($"cannot read the argument \"{text}\"");
        string type = match.Groups["type"].Value == "SymInt" ? "int" : match.Groups["type"].Value;
        type += match.Groups["optional"].Value + (match.Groups["list"].Success ? "[]" : "") + match.Groups["last"].Value;
        return new Argument(
            type, match.Groups["name"].Value, match.Groups["default"].Success ? match.Groups["default"].Value : null,
            match.Groups["alias"].Value.Contains("!"));
    }

    public static string CSharpType(string type) => type switch
    {
        "Tensor" or "Tensor?" or "Scalar" or "Scalar?" or "bool" or "bool?" or "Device" or "Device?" or "MemoryFormat"
            or "MemoryFormat?" or "Generator?" => type,
        "int" => "long",
        "int?" => "long?",
        "float" => "double",
        "float?" => "double?",
        "str" => "string",
        "str?" => "string?",
        "ScalarType" => "DType",
        "ScalarType?" => "DType?",
        "int[]" or "int[]?" => "ReadOnlySpan<long>",
        "float[]" or "float[]?" or "Scalar[]" => "ReadOnlySpan<double>",
        "bool[]" => "ReadOnlySpan<bool>",
        "Tensor[]" => "IReadOnlyList<Tensor>",
        "Tensor?[]" => "IReadOnlyList<Tensor?>",
        _ => throw new SchemaException($"the type {type} has no C# counterpart"),
    };
}
