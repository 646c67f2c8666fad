using Retort.Distillation.Options;
using Retort.Training.Comparisons;

namespace Retort.Training.Recipes;

public sealed partial record Recipe
{
    /// <summary>Reads a recipe, and those it extends, and checks all that can be checked without data and networks.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Values to set in it, as "train.epochs=20", in order; a list's items count from 0.</param>
    /// <param name="variants">Options of your own that it may have, as a <see cref="DataOptions"/> with an <see cref="OptionVariantNameAttribute"/>.</param>
    /// <exception cref="OptionsException">Something in it is wrong; every fault is listed, with its line.</exception>
    /// <exception cref="RetortException">The file does not exist or cannot be read, or is a comparison.</exception>
    public static Recipe Load(string path, IReadOnlyList<string>? overrides = null, IReadOnlyList<Type>? variants = null)
    {
        RecipeFile file = RecipeFile.Read(path);
        return ComparisonRecipe.IsComparison(file)
            ? throw new RetortException(
                $"'{path}' is a comparison ('{ComparisonRecipe.VariantsKey}' is in it), which has several recipes: use `retort compare {path}`, or name a "
                + "recipe.") { WrongUse = true }
            : Of(file, overrides ?? [], Path.GetFileNameWithoutExtension(path), variants);
    }

    /// <summary>Reads a recipe from a text.</summary>
    /// <param name="yaml">The YAML.</param>
    /// <param name="name">The run's name unless the recipe has one; errors begin with it.</param>
    /// <param name="overrides">Values to set in it, as "train.epochs=20".</param>
    /// <param name="variants">Options of your own that it may have, as a <see cref="DataOptions"/> with an <see cref="OptionVariantNameAttribute"/>.</param>
    /// <exception cref="OptionsException">Something in it is wrong; every fault is listed, with its line.</exception>
    public static Recipe Parse(string yaml, string name, IReadOnlyList<string>? overrides = null, IReadOnlyList<Type>? variants = null) =>
        Bind(YamlReader.Read(yaml, name), overrides ?? [], Path.GetFileNameWithoutExtension(name), variants);

    /// <summary>The whole recipe as YAML, defaults too; reading it gives an equal recipe.</summary>
    public string ToYaml() => YamlWriter.Write(OptionsWriter.Write(this));

    /// <summary>Refuses what a file would be refused for too: a recipe that was made in code has not been checked.</summary>
    /// <exception cref="OptionsException">Something in it is wrong; every fault is listed.</exception>
    internal void RequireValid() => OptionsBinder.Bind<Recipe>(OptionsWriter.Write(this), variants: [Data.GetType()]);

    /// <summary>Makes a recipe of files that were read.</summary>
    /// <param name="file">The recipe, merged with those it extends.</param>
    /// <param name="overrides">Values to set in it, as "train.epochs=20".</param>
    /// <param name="name">The run's name unless the recipe has one.</param>
    /// <param name="variants">Options of the caller's own that it may have.</param>
    /// <exception cref="OptionsException">Something in it is wrong; every fault is listed, with its line.</exception>
    internal static Recipe Of(RecipeFile file, IReadOnlyList<string> overrides, string name, IReadOnlyList<Type>? variants = null) =>
        Bind(file.Root, overrides, name, variants).Located(Directory.GetCurrentDirectory(), file.Folders);

    private static Recipe Bind(OptionNode root, IReadOnlyList<string> overrides, string defaultName, IReadOnlyList<Type>? variants)
    {
        if (root is OptionMapping mapping)
            root = WithExpandedTerms(mapping);
        foreach (var text in overrides)
            root = RecipeOverride.Parse(text).Apply(root);
        if (root is OptionMapping whole)
        {
            if (whole[RecipeFile.Extends] is { } extends)
                throw new OptionsException(extends.Location, RecipeFile.Extends, $"'{RecipeFile.Extends}' is for recipe files: write it into one.");
            root = WithInheritedTeacherTraining(whole);
        }
        var recipe = OptionsBinder.Bind<Recipe>(root, variants: variants);
        return recipe.Name.Length == 0 ? recipe with { Name = AsName(defaultName) } : recipe;
    }

    private static string AsName(string file) =>
        string.Concat(file.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).TrimStart('.') is { Length: > 0 } name ? name : "run";

    // "kd: 0.9" becomes "kd: {weight: 0.9}", so that an option beside the weight can be set from the command line.
    private static OptionMapping WithExpandedTerms(OptionMapping root) =>
        root["distill"] is OptionList terms
            ? root.With("distill", new OptionList([.. terms.Items.Select(Expanded)], terms.Location))
            : root;

    private static OptionNode Expanded(OptionNode term) =>
        term is OptionMapping { Entries: [{ Value: OptionScalar { Kind: OptionScalarKind.Integer or OptionScalarKind.Float } weight } only] }
            ? new OptionMapping([only with { Value = new OptionMapping([new OptionEntry("weight", weight.Location, weight)], weight.Location) }], term.Location)
            : term;

    // Optimiser and schedule are taken whole: half of one and half of another would be neither.
    private static OptionMapping WithInheritedTeacherTraining(OptionMapping root)
    {
        if (root["teacher"] is not OptionMapping teacher || teacher["train"] is not OptionMapping own || root["train"] is not OptionMapping train)
            return root;
        var inherited = train.Entries.Where(e => own[e.Key] is null && OptionsSchema.Describe(typeof(TrainOptions)).Any(o => o.Key == e.Key));
        return root.With("teacher", teacher.With("train", new OptionMapping([.. own.Entries, .. inherited], own.Location)));
    }

    private Recipe Located(string current, IReadOnlyList<string> folders)
    {
        var located = this;
        if (located.Data is StoredDataOptions stored)
            located = located with { Data = stored with { Path = Found(stored.Path, current, folders) } };
        if (located.Teacher is { Checkpoint: { } checkpoint } teacher)
            located = located with { Teacher = teacher with { Checkpoint = Found(checkpoint, current, folders) } };
        if (located.Student.Checkpoint is { } start)
            located = located with { Student = located.Student with { Checkpoint = Found(start, current, folders) } };
        if (located.Teacher is { Torchscript: { } script } scripted)
            located = located with { Teacher = scripted with { Torchscript = Found(script, current, folders) } };
        return located;
    }

    // A path that is found beside the recipe is kept relative to the current directory: runs carry no absolute paths.
    private static string Found(string path, string current, IReadOnlyList<string> folders)
    {
        if (Path.IsPathRooted(path) || Path.Exists(Path.Combine(current, path)))
            return path;
        return folders.Select(folder => Path.Combine(folder, path)).FirstOrDefault(Path.Exists) is { } beside
            ? Path.GetRelativePath(current, beside)
            : path;
    }
}
