using System.Text;
using Retort.Distillation.Options;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Retort.Training.Recipes;

/// <summary>
/// Reads one YAML document into nodes with their line and column. It takes what a recipe needs: mappings, lists and scalars.
/// Anchors, aliases, merge keys and tags are refused, and size and depth are bounded: a recipe may come from anyone.
/// </summary>
internal sealed class YamlReader
{
    private const int MostBytes = 1 << 20;
    private const int Deepest = 32;

    private readonly string _name;
    private readonly IParser _parser;

    private YamlReader(string text, string name)
    {
        _name = name;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="OptionsException">It is no YAML of the kind that recipes are; a place in it stands in the message.</exception>
    /// <exception cref="RetortException">It does not exist or cannot be read.</exception>
    public static OptionNode ReadFile(string path)
    {
        if (Directory.Exists(path))
            throw new RetortException($"'{path}' is a folder: name the recipe file in it.") { WrongUse = true };
        if (!File.Exists(path))
            throw new RetortException($"There is no recipe '{path}': check the path, or look into recipes/ for those that come with Retort.") { WrongUse = true };
        if (new FileInfo(path).Length > MostBytes)
            throw new OptionsException(path, "", $"the file has more than {MostBytes >> 20} MiB, which is too large for a recipe.");
        try
        {
            // Not ReadAllText, which would take two odd bytes at the start for UTF-16.
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
            return Read(text.TrimStart('\uFEFF'), path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new RetortException($"'{path}' cannot be read ({unreadable.Message.TrimEnd('.')}): check its rights.", unreadable);
        }
        catch (DecoderFallbackException)
        {
            throw new OptionsException(path, "", "the file is not UTF-8 text: save it as UTF-8, or name a YAML recipe.");
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">A YAML document.</param>
    /// <param name="name">What stands before line and column in a location, as "kd.yaml".</param>
    public static OptionNode Read(string text, string name)
    {
        try
        {
            return new YamlReader(text, name).Document();
        }
        catch (YamlException broken)
        {
            var reason = broken.InnerException?.Message ?? broken.Message;
            throw new OptionsException(
                [new OptionFault { Location = $"{name}:{At(broken.Start)}", Key = "", Text = $"this is not valid YAML: {reason.TrimEnd('.')}." }], broken);
        }
    }

    private static string At(Mark mark) => $"{mark.Line}:{mark.Column}";

    private OptionNode Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
            throw new OptionsException(_name, "", "the file is empty: a recipe needs at least 'student'.");
        _parser.Consume<DocumentStart>();
        var root = Node(depth: 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second))
            throw Refused(second, "a second document begins here, but a recipe is one document: keep one of them.");
        return root;
    }

    private OptionNode Node(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias))
            throw Refused(alias, $"the alias '*{alias.Value}' is not supported: write the value out.");
        if (_parser.Current is NodeEvent { Anchor.IsEmpty: false } anchored)
            throw Refused(anchored, $"the anchor '&{anchored.Anchor.Value}' is not supported: write the value out where it is needed.");
        // YamlDotNet reads an unquoted scalar's missing tag as empty and a quoted one's too; "!" and "!x" are explicit.
        if (_parser.Current is NodeEvent { Tag.IsEmpty: false } tagged)
            throw Refused(tagged, $"the tag '{tagged.Tag.Value}' is not supported: write the value without it.");
        if (depth > Deepest)
            throw Refused(_parser.Current!, $"the recipe is nested more than {Deepest} levels deep.");
        if (_parser.TryConsume<Scalar>(out var scalar))
            return new OptionScalar(scalar.Value, scalar.Style is not ScalarStyle.Plain, Location(scalar));
        return _parser.TryConsume<SequenceStart>(out var sequence) ? List(sequence, depth) : Mapping(_parser.Consume<MappingStart>(), depth);
    }

    private OptionList List(SequenceStart start, int depth)
    {
        List<OptionNode> items = [];
        while (!_parser.TryConsume<SequenceEnd>(out _))
            items.Add(Node(depth + 1));
        return new OptionList(items, Location(start));
    }

    private OptionMapping Mapping(MappingStart start, int depth)
    {
        List<OptionEntry> entries = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var at = Location(_parser.Current!);
            if (Node(depth + 1) is not OptionScalar key)
                throw new OptionsException(at, "", "a key is a list or a mapping, but must be a name.");
            if (key is { Text: "<<", Kind: OptionScalarKind.Text })
                throw new OptionsException(at, "<<", "the merge key '<<' is not supported: write the keys out.");
            entries.Add(new OptionEntry(key.Text, at, Node(depth + 1)));
        }
        return new OptionMapping(entries, Location(start));
    }

    private string Location(ParsingEvent at) => $"{_name}:{At(at.Start)}";

    private OptionsException Refused(ParsingEvent at, string text) => new(Location(at), "", text);
}
