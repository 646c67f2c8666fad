using System.Text;

namespace Retort.Vision.Datasets;

/// <summary>A field of a CSV file.</summary>
/// <param name="Text">Its text, without the quotes around it.</param>
/// <param name="Line">The line in which it begins, from 1.</param>
/// <param name="Column">The character of the line with which it begins, from 1.</param>
internal sealed record CsvField(string Text, int Line, int Column);

/// <summary>
/// Reads comma-separated values as RFC 4180 has them: UTF-8, fields that hold commas, quotes or line breaks in double quotes, quotes in them
/// doubled. Empty lines are passed over.
/// </summary>
internal sealed class CsvFile
{
    private const char Quote = '"', Comma = ',';

    private readonly string _path;
    private readonly TextReader _text;
    private int _line = 1;
    private int _column = 1;

    private CsvFile(string path, TextReader text) => (_path, _text) = (path, text);

    /// <summary>The rows of a file, one after another.</summary>
    /// <exception cref="DataException">The file cannot be read, or a field is quoted wrongly; the message names the place.</exception>
    public static IEnumerable<IReadOnlyList<CsvField>> Read(string path)
    {
        using StreamReader text = Open(path);
        var file = new CsvFile(path, text);
        while (file.Row() is { } row) yield return row;
    }

    /// <summary>What is wrong at a place of a file, in the user's words.</summary>
    public static DataException Fault(string path, int line, int column, string what) => new($"{path}:{line}:{column}: {what}");

    private static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"CSV file '{path}' cannot be read ({exception.Message.TrimEnd('.')}); check the path.", exception);
        }
    }

    private List<CsvField>? Row()
    {
        while (Peek() is '\r' or '\n') Next();
        if (Peek() < 0) return null;
        List<CsvField> fields = [];
        while (true)
        {
            fields.Add(Field());
            if (Peek() is var end && end != Comma)
            {
                if (end is < 0 or '\r' or '\n') return fields;
                throw Fault(_path, _line, _column, "text follows a closing quote; put the whole field into quotes, and double those within it.");
            }

            Next();
        }
    }

    private CsvField Field()
    {
        (int line, int column) = (_line, _column);
        var text = new StringBuilder();
        if (Peek() != Quote)
        {
            while (Peek() is not (< 0 or '\r' or '\n' or Comma)) text.Append((char)Next());
            return new CsvField(text.ToString(), line, column);
        }

        Next();
        while (true)
        {
            int next = Next();
            if (next < 0) throw Fault(_path, line, column, "the quote that opens here is never closed; close it.");
            if (next == Quote && Peek() != Quote) return new CsvField(text.ToString(), line, column);
            if (next == Quote) Next();
            text.Append((char)next);
        }
    }

    private int Peek() => Guarded(_text.Peek);

    private int Next()
    {
        int next = Guarded(_text.Read);
        bool endsLine = next == '\n' || (next == '\r' && Peek() != '\n');
        (_line, _column) = endsLine ? (_line + 1, 1) : (_line, _column + 1);
        return next;
    }

    private int Guarded(Func<int> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException exception)
        {
            throw new DataException($"CSV file '{_path}' is no UTF-8 text behind line {_line}; save it as UTF-8.", exception);
        }
        catch (IOException exception)
        {
            throw new DataException($"CSV file '{_path}' cannot be read ({exception.Message.TrimEnd('.')}); check it.", exception);
        }
    }
}
