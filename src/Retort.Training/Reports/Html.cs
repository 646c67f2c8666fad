using System.Xml;
using System.Xml.Linq;

namespace Retort.Training.Reports;

/// <summary>Elements of an HTML page as an XML tree: escaping is the serialiser's, so that no text can forget it.</summary>
internal static class Html
{
    private static readonly HashSet<string> Void = ["br", "hr", "img", "link", "meta"];

    /// <summary>An element; null content is left out, a sequence is flattened.</summary>
    public static XElement El(string name, params object?[] content) => new(name, content);

    /// <summary>An element with a class.</summary>
    public static XElement Div(string css, params object?[] content) => new("div", At("class", css), content);

    /// <summary>A table's caption for screen readers alone, where the eye has a heading already.</summary>
    public static XElement Unseen(string caption) => new("caption", At("class", "unseen"), caption);

    /// <summary>An attribute; null when the value is, which leaves it out.</summary>
    public static XAttribute? At(string name, object? value) => value is null ? null : new XAttribute(name, value);

    /// <summary>Writes a document that HTML and XML parsers read alike.</summary>
    public static void Write(TextWriter output, XElement page)
    {
        foreach (XElement element in page.DescendantsAndSelf())
        {
            foreach (XAttribute attribute in element.Attributes())
            {
                attribute.Value = Clean(attribute.Value);
            }

            // HTML knows "<td/>" only as "<td>": every element but the void ones needs its end tag.
            if (element.IsEmpty && !Void.Contains(element.Name.LocalName))
            {
                element.Add("");
            }
        }

        foreach (XText text in page.DescendantNodes().OfType<XText>())
        {
            text.Value = Clean(text.Value);
        }

        output.Write("<!DOCTYPE html>\n");
        using XmlWriter writer = XmlWriter.Create(output, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.None });
        page.Save(writer);
    }

    // Control characters and lone surrogates have no place in either format, escaped or not.
    private static string Clean(string text)
    {
        if (IsClean(text))
        {
            return text;
        }

        char[] letters = text.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
        {
            bool pair = i + 1 < letters.Length && XmlConvert.IsXmlSurrogatePair(letters[i + 1], letters[i]);
            if (pair)
            {
                i++;
            }
            else if (!XmlConvert.IsXmlChar(letters[i]))
            {
                letters[i] = '\uFFFD';
            }
        }

        return new string(letters);
    }

    private static bool IsClean(string text)
    {
        foreach (char letter in text)
        {
            if (!XmlConvert.IsXmlChar(letter))
            {
                return false;
            }
        }

        return true;
    }
}
