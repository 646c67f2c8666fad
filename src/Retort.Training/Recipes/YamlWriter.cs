using Retort.Distillation.Options;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Retort.Training.Recipes;

/// <summary>Writes nodes as YAML that reads like a recipe written by hand: short lists and mappings on one line, quotes where needed.</summary>
internal static class YamlWriter
{
    private const int LongestLine = 120;

    public static string Write(OptionMapping root) => Write(emitter => Node(emitter, root, depth: 0, flow: false));

    /// <summary>Writes a key and its value on one line, however long, without the line's end.</summary>
    public static string WriteLine(string key, OptionMapping value) => Write(emitter =>
    {
        emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
        emitter.Emit(Scalar(new OptionScalar(key, quoted: false)));
        Node(emitter, value, depth: 1, flow: true);
        emitter.Emit(new MappingEnd());
    }).TrimEnd('\n');

    private static string Write(Action<Emitter> content)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithIndentedSequences());
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
        content(emitter);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Node(Emitter emitter, OptionNode node, int depth, bool flow)
    {
        flow |= depth > 1 && Width(node) <= LongestLine;
        switch (node)
        {
            case OptionMapping mapping:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, flow || mapping.Entries.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var entry in mapping.Entries)
                {
                    emitter.Emit(Scalar(new OptionScalar(entry.Key, quoted: false)));
                    Node(emitter, entry.Value, depth + 1, flow);
                }
                emitter.Emit(new MappingEnd());
                break;
            case OptionList list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, flow || list.Items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list.Items)
                    Node(emitter, item, depth, flow);
                emitter.Emit(new SequenceEnd());
                break;
            case OptionScalar scalar:
                emitter.Emit(Scalar(scalar));
                break;
        }
    }

    // Only a text that would read back as something else needs quotes; what YAML's syntax needs, the emitter sees by itself.
    private static Scalar Scalar(OptionScalar scalar)
    {
        var quoted = scalar.Kind == OptionScalarKind.Text && OptionScalar.KindOf(scalar.Text) != OptionScalarKind.Text;
        var text = scalar.Kind == OptionScalarKind.Null ? "null" : scalar.Text;
        return new Scalar(
            AnchorName.Empty, TagName.Empty, text, quoted ? ScalarStyle.DoubleQuoted : ScalarStyle.Any, isPlainImplicit: true, isQuotedImplicit: true);
    }

    private static int Width(OptionNode node) => node switch
    {
        OptionScalar scalar => scalar.Text.Length,
        OptionList list => 2 + list.Items.Sum(i => Width(i) + 2),
        OptionMapping mapping => 2 + mapping.Entries.Sum(e => e.Key.Length + Width(e.Value) + 4),
        _ => 0,
    };
}
