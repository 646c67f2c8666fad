using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Training.Comparisons;

/// <summary>
/// What is compared: variants, and the seeds with which each is trained. Read from recipe files, each of which is a variant, or from
/// one file that is a recipe with two more keys, 'variants' and 'seeds', and may have a third, 'pairs'; or from one recipe and names of
/// methods.
/// </summary>
/// <param name="Name">Of the comparison and its folder.</param>
/// <param name="Variants">At least one; no two of a name.</param>
/// <param name="Seeds">At least one, all different.</param>
public sealed record ComparisonRecipe(string Name, IReadOnlyList<Variant> Variants, IReadOnlyList<long> Seeds)
{
    internal const string VariantsKey = "variants";
    internal const string NameRule = "consists of letters, digits, '-', '_' and '.' and does not begin with '.'";

    private const string SeedsKey = "seeds", PairsKey = "pairs", NameKey = "name", DefaultName = "compare";

    /// <summary>Methods that no recipe says the weights of, so that they have their usual ones, with these: "nst (ce 1, nst 50)".</summary>
    public IReadOnlyList<string> Usual { get; init; } = [];

    /// <summary>What <see cref="OfMethods"/> calls the student that learns the labels alone, which is in every comparison anyway.</summary>
    public static IReadOnlyList<string> NamesOfStudentAlone { get; } = ["student", "plain"];

    /// <summary>Reads a comparison, and checks all that can be checked without data and networks.</summary>
    /// <param name="paths">Recipes, or one comparison.</param>
    /// <param name="overrides">Values to set in every variant, as "train.epochs=20".</param>
    /// <param name="seeds">Seeds in place of the file's; at least one, all different.</param>
    /// <param name="options">Options of your own that recipes may have, as a <see cref="DataOptions"/>.</param>
    /// <exception cref="OptionsException">Something in the files is wrong; every fault is listed, with its line.</exception>
    /// <exception cref="RetortException">A file cannot be read, or two variants have one name.</exception>
    public static ComparisonRecipe Load(
        IReadOnlyList<string> paths, IReadOnlyList<string>? overrides = null, IReadOnlyList<long>? seeds = null, IReadOnlyList<Type>? options = null)
    {
        RecipeFile[] files = [.. paths.Select(RecipeFile.Read)];
        int comparison = Array.FindIndex(files, IsComparison);
        if (comparison >= 0 && files.Length > 1)
        {
            throw new RetortException(
                $"'{paths[comparison]}' is a comparison ('{VariantsKey}' is in it): compare it alone, or name recipes only.") { WrongUse = true };
        }

        ComparisonRecipe read = comparison < 0
            ? OfRecipes(paths, files, overrides ?? [], options)
            : OfComparison(Path.GetFileNameWithoutExtension(paths[0]), files[0], overrides ?? [], options);
        return seeds is null ? read : read with { Seeds = seeds };
    }

    /// <summary>
    /// Reads a comparison of methods on a recipe: each takes its loss from the recipe of its name in the same folder, as kd.yaml, and a
    /// student-friendly teacher the teacher's training too; without such a file it has its usual weights. All else is the recipe's, for all alike.
    /// </summary>
    /// <param name="path">The recipe with data, networks and training.</param>
    /// <param name="methods">Names, each once: of methods or other recipes beside it, or <see cref="NamesOfStudentAlone"/>.</param>
    /// <param name="overrides">Values to set in every variant, as "train.epochs=20".</param>
    /// <param name="seeds">Seeds; 0, 1, 2 by default.</param>
    /// <param name="options">Options of your own that recipes may have, as a <see cref="DataOptions"/>.</param>
    /// <param name="registry">The methods that there are; those of Retort by default.</param>
    /// <exception cref="OptionsException">Something in the files is wrong; every fault is listed, with its line.</exception>
    /// <exception cref="RetortException">A method has no recipe there and no usual weight, or is unknown, or a file cannot be read.</exception>
    public static ComparisonRecipe OfMethods(
        string path, IReadOnlyList<string> methods, IReadOnlyList<string>? overrides = null, IReadOnlyList<long>? seeds = null, IReadOnlyList<Type>? options = null,
        MethodRegistry? registry = null)
    {
        RecipeFile recipe = RecipeFile.Read(path);
        if (IsComparison(recipe))
            throw new RetortException($"'{path}' is a comparison ('{VariantsKey}' is in it), and says itself what is compared: name a recipe beside --methods.") { WrongUse = true };
        if (methods.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new RetortException($"--methods names '{twice.Key}' twice: keep one of them.") { WrongUse = true };
        var beside = new MethodRecipes(path, recipe, registry ?? MethodRegistry.Default);
        List<Variant> variants = Bind([.. methods.Select(name => (beside.With(name), name))], overrides ?? [], options);
        return new ComparisonRecipe(DefaultName, variants, seeds ?? DefaultSeeds) { Usual = beside.Usual };
    }

    /// <summary>Whether a file is a comparison and no recipe: it has variants.</summary>
    /// <exception cref="RetortException">The file cannot be read, or is no YAML.</exception>
    internal static bool IsComparison(string path) => IsComparison(RecipeFile.Read(path));

    /// <summary>Whether a file that was read is one.</summary>
    internal static bool IsComparison(RecipeFile file) => file.Root[VariantsKey] is not null;

    internal static bool IsName(string text) =>
        text.Length > 0 && text[0] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static IReadOnlyList<long> DefaultSeeds => new ComparisonOptions { Variants = OptionMapping.Empty }.Seeds;

    private static ComparisonRecipe OfRecipes(IReadOnlyList<string> paths, RecipeFile[] files, IReadOnlyList<string> overrides, IReadOnlyList<Type>? types)
    {
        string[] names = [.. paths.Select(path => Path.GetFileNameWithoutExtension(path)!)];
        if (Array.Find(names, name => !IsName(name)) is { } odd)
            throw new RetortException($"The file name '{odd}' names a variant and its folder, and {NameRule}: rename the file.") { WrongUse = true };
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new RetortException($"Two of the recipes are files of the name '{twice.Key}', by which variants are known: rename one of them.") { WrongUse = true };
        return new ComparisonRecipe(DefaultName, Bind(files.Zip(names), overrides, types), DefaultSeeds);
    }

    private static ComparisonRecipe OfComparison(string fileName, RecipeFile file, IReadOnlyList<string> overrides, IReadOnlyList<Type>? types)
    {
        string[] own = [SeedsKey, VariantsKey, PairsKey];
        ComparisonOptions options = OptionsBinder.Bind<ComparisonOptions>(
            new OptionMapping([.. file.Root.Entries.Where(e => own.Contains(e.Key))], file.Root.Location));
        RecipeFile shared = file with { Root = own.Aggregate(file.Root, (root, key) => root.Without(key)) };
        string name = shared.Root[NameKey] is OptionScalar { Text: var given } && IsName(given) ? given : IsName(fileName) ? fileName : DefaultName;
        List<(RecipeFile, string)> variants = [];
        OptionEntry?[] pairs = options.Pairs.Entries.Count == 0 ? [null] : [.. options.Pairs.Entries];
        foreach (OptionEntry? pair in pairs)
        {
            RecipeFile ofPair = pair is null ? shared : shared.With(WithoutName(pair));
            variants.AddRange(options.Variants.Entries.Select(
                variant => (ofPair.With(WithoutName(variant)), pair is null ? variant.Key : $"{pair.Key}.{variant.Key}")));
        }

        return new ComparisonRecipe(name, Bind(variants, overrides, types), options.Seeds);
    }

    private static OptionMapping WithoutName(OptionEntry entry)
    {
        var keys = (OptionMapping)entry.Value;
        return keys[NameKey] is { } name
            ? throw new OptionsException(name.Location, NameKey, $"'{NameKey}' has no place here: '{entry.Key}' is the name.")
            : keys;
    }

    private static List<Variant> Bind(IEnumerable<(RecipeFile File, string Name)> files, IReadOnlyList<string> overrides, IReadOnlyList<Type>? types)
    {
        List<Variant> variants = [];
        List<OptionFault> faults = [];
        foreach ((RecipeFile file, string name) in files)
        {
            try
            {
                variants.Add(new Variant(name, Recipe.Of(file, overrides, name, types)));
            }
            catch (OptionsException wrong)
            {
                faults.AddRange(wrong.Faults);
            }
        }

        // What is wrong in the part that they share is wrong in each of them.
        return faults.Count == 0 ? variants : throw new OptionsException([.. faults.DistinctBy(fault => fault.ToString())]);
    }
}
