using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Retort.Cli.Json;

/// <summary>Prints a result as a JSON document of one line: keys in snake_case, null for figures that there are not.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // class names in any script stay readable
        Converters = { new FiniteNumber(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Writes the document to <see cref="Terminal.Output"/>.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="document">An object whose properties are the keys, or a list of such.</param>
    public static void Write(Terminal terminal, object document) => terminal.Output.WriteLine(JsonSerializer.Serialize(document, Form));

    // JSON has no word for a number that is none.
    private sealed class FiniteNumber : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
