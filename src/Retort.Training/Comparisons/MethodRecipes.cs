using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Training.Comparisons;

/// <summary>
/// A recipe with the methods of the recipes beside it. Of <c>kd.yaml</c> counts what makes the method: 'distill', and how it trains a
/// student-friendly teacher if it does. Data, networks and training are the recipe's own, the same for all. A method without such a file
/// has its usual weights.
/// </summary>
/// <param name="path">The recipe's file.</param>
/// <param name="recipe">What is in it.</param>
/// <param name="methods">The methods that there are.</param>
internal sealed class MethodRecipes(string path, RecipeFile recipe, MethodRegistry methods)
{
    private const string Extension = ".yaml", Distill = "distill", Teacher = "teacher", Branches = "sftn", Checkpoint = "checkpoint", Training = "train";

    private readonly List<string> _usual = [];

    /// <summary>The methods that <see cref="With(string)"/> gave their usual weights, as text: "nst (ce 1, nst 50)".</summary>
    public IReadOnlyList<string> Usual => _usual;

    private string Folder => Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".";

    /// <summary>The recipe with a method.</summary>
    /// <param name="name">The method's, or of another recipe beside this one; or of the student alone.</param>
    /// <exception cref="RetortException">There is no such recipe nor usual weight, or no method in the recipe.</exception>
    public RecipeFile With(string name)
    {
        if (ComparisonRecipe.NamesOfStudentAlone.Contains(name))
            return With(YamlReader.Read($"[{DistillTerm.CrossEntropy}: 1]", $"--methods {name}"));
        string file = FileOf(name);
        if (!ComparisonRecipe.IsName(name) || !File.Exists(file))
        {
            return methods.Entries.FirstOrDefault(entry => entry.Name == name) is { TrainsTeacher: false, Weight: { } weight } known
                ? WithUsual(known, weight)
                : throw Missing(name, file);
        }

        OptionMapping method = RecipeFile.Read(file).Root;
        if (method[ComparisonRecipe.VariantsKey] is not null)
            throw Refused($"'{file}' is a comparison, which has several methods: name a recipe.");
        if (method[Distill] is not { } distill)
            throw Refused($"'{file}' has no '{Distill}', so there is no method in it: add it, as 'distill: [ce: 1, {name}: 1]'.");
        return method[Teacher] is OptionMapping teacher && teacher[Branches] is OptionMapping branches
            ? With(distill).With(Teacher, Befriended(teacher, branches))
            : With(distill);
    }

    private RecipeFile WithUsual(MethodEntry method, double weight)
    {
        _usual.Add(FormattableString.Invariant($"{method.Name} ({DistillTerm.CrossEntropy} {method.CrossEntropy}, {method.Name} {weight})"));
        return With(YamlReader.Read(
            FormattableString.Invariant($"[{DistillTerm.CrossEntropy}: {method.CrossEntropy}, {method.Name}: {weight}]"), $"--methods {method.Name}"));
    }

    private RecipeFile With(OptionNode distill) => recipe.With(Distill, distill);

    // A method's file that has no checkpoint trains the teacher from scratch: one of the recipe, and all about it, would contradict that.
    private OptionMapping Befriended(OptionMapping from, OptionMapping branches)
    {
        OptionMapping teacher = recipe.Root[Teacher] as OptionMapping ?? OptionMapping.Empty;
        if (from[Checkpoint] is null or OptionScalar { Kind: OptionScalarKind.Null })
            teacher = teacher.Without(Checkpoint).Without("key").Without("rename").Without("normalization");
        if (teacher[Training] is null && from[Training] is { } training)
            teacher = teacher.With(Training, training);
        return teacher.With(Branches, branches);
    }

    private string FileOf(string name) => Path.Combine(Folder, name + Extension);

    private RetortException Missing(string name, string file)
    {
        string[] beside = [.. Beside()];
        string there = beside.Length == 0 ? "none is there" : $"there are {string.Join(", ", beside)}";
        if (methods.Entries.Any(entry => entry.Name == name))
        {
            return Refused(
                $"There is no recipe '{file}' that says with which weight and options '{name}' is compared (of recipes with a method, {there}): "
                + $"write it, as 'extends: {Path.GetFileName(path)}' with a '{Distill}', or compare a recipe of a folder that has one.");
        }

        string question = NearestName.Question(name, [.. methods.Entries.Select(entry => entry.Name), .. beside, .. ComparisonRecipe.NamesOfStudentAlone]);
        return Refused(
            $"There is no method '{name}', nor a recipe of that name beside '{path}' (of recipes with a method, {there})."
            + $"{(question.Length > 0 ? " " + question : "")} `retort list methods` shows all methods.");
    }

    // Recipes with a method, by names; a file that cannot be read is none.
    private IEnumerable<string> Beside() =>
        Directory.EnumerateFiles(Folder, "*" + Extension).Where(HasMethod).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);

    private static bool HasMethod(string file)
    {
        try
        {
            return RecipeFile.Read(file).Root[Distill] is OptionList terms
                && terms.Items.Any(term => term is OptionMapping { Entries: [var only] } && only.Key != DistillTerm.CrossEntropy);
        }
        catch (RetortException)
        {
            return false;
        }
    }

    private static RetortException Refused(string message) => new(message) { WrongUse = true };
}
