using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>
/// A recipe file merged with those it extends. <c>extends: base.yaml</c> names one by a path from the file's own folder. Mappings merge
/// key by key; a list or a value replaces the other file's, and so does a mapping of another variant (adamw instead of sgd). The name
/// stays with its file.
/// </summary>
/// <param name="Root">The merged recipe, without 'extends'; each node has its place in the file that it comes from.</param>
/// <param name="Folders">Where the files lie, the recipe's own folder first.</param>
internal sealed record RecipeFile(OptionMapping Root, IReadOnlyList<string> Folders)
{
    /// <summary>The key that names another file.</summary>
    public const string Extends = "extends";

    private const string Name = "name";
    private const int MostFiles = 16;

    /// <summary>Reads a file, and those it extends.</summary>
    /// <param name="path">The recipe's file.</param>
    /// <exception cref="OptionsException">One of them is no recipe, or is missing, or they extend each other; with the place.</exception>
    /// <exception cref="RetortException">The file itself does not exist or cannot be read.</exception>
    public static RecipeFile Read(string path)
    {
        List<string> files = [];
        OptionMapping root = Read(path, files);
        return new RecipeFile(root, [.. files.Select(f => Path.GetDirectoryName(Path.GetFullPath(f))!).Distinct()]);
    }

    /// <summary>The recipe with the keys of a variant merged into it, as if the variant extended it.</summary>
    public RecipeFile With(OptionMapping variant) => this with { Root = Merge(Root, variant, OptionsSchema.Describe(typeof(Recipe))) };

    /// <summary>The recipe with a key in place of its own, whatever it had there.</summary>
    public RecipeFile With(string key, OptionNode value) => this with { Root = Root.With(key, value) };

    private static OptionMapping Read(string path, List<string> files)
    {
        files.Add(path);
        OptionNode root = YamlReader.ReadFile(path);
        if (root is not OptionMapping own)
            throw new OptionsException(root.Location, "", $"the recipe is {root.Shown}, but must be a mapping.");
        List<OptionEntry> named = [.. own.Entries.Where(e => e.Key == Extends)];
        if (named.Count == 0)
            return own;
        if (named.Count > 1)
            throw new OptionsException(named[1].Location, Extends, $"'{Extends}' is given twice: a recipe extends one other.");
        OptionMapping below = Read(Found(named[0].Value, files), files);
        return Merge(below.Without(Name), own.Without(Extends), OptionsSchema.Describe(typeof(Recipe)));
    }

    private static string Found(OptionNode named, List<string> files)
    {
        if (named is not OptionScalar { Kind: OptionScalarKind.Text } scalar)
            throw new OptionsException(named.Location, Extends, $"'{Extends}' is {named.Shown}, but must be the path of a recipe, as base.yaml.");
        string path = Path.Combine(Path.GetDirectoryName(files[^1])!, scalar.Text);
        if (!File.Exists(path))
            throw new OptionsException(named.Location, Extends, $"'{Extends}' names '{scalar.Text}', but there is no recipe '{path}': give its path from this file's folder.");
        if (files.Exists(f => Path.GetFullPath(f) == Path.GetFullPath(path)))
            throw new OptionsException(named.Location, Extends, $"'{Extends}' leads in a circle, {string.Join(" → ", [.. files, path])}: take it out of one of them.");
        return files.Count < MostFiles
            ? path
            : throw new OptionsException(named.Location, Extends, $"'{Extends}' has led through {MostFiles} files, which is the most: join some of them.");
    }

    private static OptionMapping Merge(OptionMapping below, OptionMapping own, IReadOnlyList<OptionDescription> options) => new(
        [
            .. below.Entries.Where(e => own[e.Key] is null),
            .. own.Entries.Select(e => e with { Value = Merge(below[e.Key], e.Value, options.FirstOrDefault(o => o.Key == e.Key)) }),
        ],
        own.Location);

    private static OptionNode Merge(OptionNode? below, OptionNode own, OptionDescription? option)
    {
        if (below is not OptionMapping from || own is not OptionMapping with)
            return own;
        if (option?.VariantKey is not { } key)
            return Merge(from, with, option?.Options ?? []);
        // Half of one variant and half of another would be neither.
        return with[key] is { } chosen && from[key] is { } other && !chosen.Equals(other)
            ? own
            : Merge(from, with, [.. option.Variants.SelectMany(v => v.Value)]);
    }
}
