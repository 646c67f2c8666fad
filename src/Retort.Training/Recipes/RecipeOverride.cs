using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>A <c>--set key.path=value</c> of the command line: one value of a recipe replaced, or added.</summary>
internal sealed class RecipeOverride
{
    private readonly string _path;
    private readonly OptionNode _value;

    private RecipeOverride(string path, OptionNode value)
    {
        _path = path;
        _value = value;
    }

    private string Location => $"--set {_path}";

    /// <summary>Reads "train.lr=0.1". The value is YAML: a list or mapping in flow style, a text in quotes, or as it stands.</summary>
    /// <exception cref="OptionsException">There is no '=', or no key before it, or the value is no YAML.</exception>
    public static RecipeOverride Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = equals < 0 ? "" : text[..equals].Trim();
        if (path.Length == 0 || path.Split('.').Any(part => part.Length == 0))
            throw new OptionsException("--set", path, $"'{text}' is no setting: write key=value, as train.epochs=20 or distill.kd.weight=0.9.");
        var value = text[(equals + 1)..].Trim();
        var location = $"--set {path}";
        return new RecipeOverride(path, value is ['[' or '{' or '"' or '\'', ..] ? YamlReader.Read(value, location) : new OptionScalar(value, quoted: false, location));
    }

    /// <summary>The recipe with the value set.</summary>
    /// <exception cref="OptionsException">The path leads through a value or past the end of a list.</exception>
    public OptionNode Apply(OptionNode root) => Apply(root, _path.Split('.'), at: 0);

    private OptionNode Apply(OptionNode node, string[] parts, int at)
    {
        if (at == parts.Length)
            return _value;
        var part = parts[at];
        switch (node)
        {
            case OptionMapping mapping:
                return mapping.With(part, Apply(mapping[part] ?? new OptionMapping([], Location), parts, at + 1));
            case OptionList list:
                var index = IndexIn(list, part, parts, at);
                return new OptionList([.. list.Items.Select((item, i) => i == index ? ApplyToItem(item, parts, at) : item)], list.Location);
            case OptionScalar { Kind: OptionScalarKind.Null }:
                return Apply(new OptionMapping([], node.Location), parts, at);
            default:
                throw Refused($"'{Path(parts, at)}' is {node.Shown} and has no key '{part}': set '{Path(parts, at)}' itself.");
        }
    }

    // "distill.1" means the second item of the list, "distill.kd" what stands under the one key of the item of that name.
    private OptionNode ApplyToItem(OptionNode item, string[] parts, int at) =>
        !int.TryParse(parts[at], out _) && item is OptionMapping { Entries: [var only] } term
            ? term.With(only.Key, Apply(only.Value, parts, at + 1))
            : Apply(item, parts, at + 1);

    private int IndexIn(OptionList list, string part, string[] parts, int at)
    {
        var count = list.Items.Count;
        if (int.TryParse(part, out var index))
        {
            return index >= 0 && index < count
                ? index
                : throw Refused($"'{Path(parts, at)}' has {(count == 1 ? "1 item" : $"{count} items")}, and no item {part}{(count == 0 ? "" : $": items count from 0 to {count - 1}")}.");
        }
        var names = TermNames.Of(list.Items);
        for (var i = 0; i < count; i++)
        {
            if (names[i] == part)
                return i;
        }
        var question = NearestName.Question(part, names.OfType<string>());
        throw Refused($"'{Path(parts, at)}' is a list without '{part}': name an item by its place, from 0{(question.Length > 0 ? $". {question}" : ".")}");
    }

    private static string Path(string[] parts, int length) => string.Join('.', parts[..length]);

    private OptionsException Refused(string text) => new(Location, _path, text);
}
