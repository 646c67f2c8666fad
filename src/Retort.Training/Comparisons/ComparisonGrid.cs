using Retort.Distillation;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Vision.Models;

namespace Retort.Training.Comparisons;

/// <summary>
/// All trainings of a comparison. Beside the variants it has what they share: a teacher that no file gives is trained once for all
/// variants and seeds, and the student alone once for each seed. Cells of one seed start from the same student and see the same batches.
/// </summary>
public sealed class ComparisonGrid
{
    private readonly string _folder;
    private readonly int _threads;
    private readonly ComparisonRecipe _recipe;
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<(DataOptions Data, TeacherOptions Teacher), Cell> _teachers = [];
    private readonly Dictionary<Recipe, VariantRow> _rows = [];

    private ComparisonGrid(ComparisonRecipe recipe, string folder, int threads)
    {
        _recipe = recipe;
        _folder = folder;
        _threads = threads;
    }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<long> Seeds => _recipe.Seeds;

    /// <summary>Teachers that are trained.</summary>
    public IReadOnlyList<Cell> Teachers { get; private set; } = [];

    /// <summary>The students alone, then the variants in their order.</summary>
    public IReadOnlyList<VariantRow> Rows { get; private set; } = [];

    /// <summary>All cells in the order in which they are trained: teachers, then seed by seed, so that what is done can be compared.</summary>
    public IEnumerable<Cell> Cells =>
        [.. Teachers, .. Seeds.SelectMany((_, seed) => Rows.Select(row => row.Cells[seed])).DistinctBy(cell => cell.Name)];

    /// <summary>Lays out a comparison; nothing is written or trained.</summary>
    /// <param name="recipe">What is compared.</param>
    /// <param name="folder">The comparison's folder.</param>
    /// <param name="threads">Threads for a cell whose recipe does not say.</param>
    /// <param name="methods">The methods that recipes may name; those of Retort by default.</param>
    /// <param name="models">The models that recipes may name; those of Retort by default.</param>
    /// <exception cref="RetortException">A recipe names a model, a method or an option that is unknown.</exception>
    public static ComparisonGrid Of(ComparisonRecipe recipe, string folder, int threads, MethodRegistry? methods = null, ModelRegistry? models = null)
    {
        methods ??= MethodRegistry.Default;
        models ??= ModelRegistry.Default;
        var grid = new ComparisonGrid(recipe, folder, threads);
        Recipe[] shared = [.. recipe.Variants.Select(variant => grid.WithoutSeed(variant.Recipe, methods, models))];
        List<VariantRow> variants = [.. recipe.Variants.Zip(shared, (variant, common) => grid.Row(variant.Name, variant.Name, common))];
        List<VariantRow> added = [];
        for (int i = 0; i < variants.Count; i++)
        {
            Recipe alone = shared[i] with { Teacher = null, Distill = [new(DistillTerm.CrossEntropy, 1)] };
            if (!grid._rows.TryGetValue(alone, out VariantRow? plain))
            {
                plain = grid.Row(added.Count == 0 ? "student alone" : $"student alone {added.Count + 1}", "plain", alone);
                added.Add(plain);
            }

            int baseline = Baseline(shared, i, methods);
            variants[i] = variants[i] with
            {
                Plain = plain.Cells == variants[i].Cells ? null : plain,
                Baseline = baseline >= 0 ? variants[baseline] : null,
            };
        }

        grid.Teachers = [.. grid._teachers.Values];
        grid.Rows = [.. added, .. variants];
        return grid;
    }

    // A recipe without what differs from seed to seed, so that equal ones are one row.
    private Recipe WithoutSeed(Recipe recipe, MethodRegistry methods, ModelRegistry models)
    {
        RecipeMethods.RefuseUnknown(recipe, methods, models);
        recipe = recipe with { Name = "", PlainStudent = false };
        if (recipe.Data is ImageFileDataOptions files)
            recipe = recipe with { Data = files with { DecodeThreads = OwnThreads(files.DecodeThreads) } };
        if (recipe.Distill.All(term => term.IsCrossEntropy))
            recipe = recipe with { Teacher = null };
        // A student-friendly teacher is its variant's own: it is trained for that student, in the variant's run.
        if (recipe.Teacher is { IsTrained: true, Sftn: null } teacher)
            recipe = recipe with { Teacher = teacher with { Checkpoint = TrainedTeacher(recipe).StudentFile, Train = null } };
        // One for all cells: those of a seed show the same images.
        if (recipe.Teacher?.Cache is { Enabled: true, Folder: null } cache)
            recipe = recipe with { Teacher = recipe.Teacher with { Cache = cache with { Folder = Path.Combine(_folder, TeacherCaching.FolderName) } } };
        if (recipe.Teacher is { Train: { } training })
            recipe = recipe with { Teacher = recipe.Teacher with { Train = training with { Threads = OwnThreads(training.Threads) } } };
        return recipe with { Train = recipe.Train with { Seed = 0, Threads = OwnThreads(recipe.Train.Threads) } };
    }

    // Of the cores, a cell's process has its share: it may use fewer, but not more. 0 is all of them.
    private int OwnThreads(int threads) => threads == 0 ? _threads : Math.Min(threads, _threads);

    // Where a teacher's training is not given, a variant's own 'train' must not make a teacher of its own: that of the first one counts.
    private Cell TrainedTeacher(Recipe recipe)
    {
        TeacherOptions teacher = recipe.Teacher! with { Cache = null }; // it is about the students' trainings
        if (!_teachers.TryGetValue((recipe.Data, teacher), out Cell? cell))
        {
            string name = UniqueName($"teacher-{teacher.Name}");
            cell = new Cell(name, Path.Combine(_folder, "runs", name), new Recipe
            {
                Name = name, Data = recipe.Data, Student = new StudentOptions { Model = teacher.Model! },
                Train = recipe.TeacherTrain with { Seed = recipe.TeacherTrain.Seed ^ Run.TeacherSeed, Threads = OwnThreads(recipe.TeacherTrain.Threads) },
            });
            _teachers.Add((recipe.Data, teacher), cell);
        }

        return cell;
    }

    private VariantRow Row(string title, string name, Recipe shared)
    {
        if (_rows.TryGetValue(shared, out VariantRow? same))
            return same with { Name = title };
        name = UniqueName(name);
        string pair = shared.Teacher is { } teacher ? $"{teacher.Name} → {shared.Student.Model}" : shared.Student.Model;
        Cell? trainedTeacher = _teachers.Values.FirstOrDefault(cell => cell.StudentFile == shared.Teacher?.Checkpoint);
        var row = new VariantRow(title, pair, [.. Seeds.Select(seed => new Cell(
            $"{name}/seed-{seed}", Path.Combine(_folder, "runs", name, $"seed-{seed}"),
            shared with { Name = $"{name}-seed-{seed}", Train = shared.Train with { Seed = seed } }, trainedTeacher))]);
        _rows.Add(shared, row);
        return row;
    }

    // What the grid adds must not meet a variant of that name.
    private string UniqueName(string name)
    {
        string free = name;
        for (int i = 2; !_names.Add(free); i++)
            free = $"{name}-{i}";
        return free;
    }

    // A student-friendly teacher is measured against the usual one of its model where nothing else was taught by it; -1: by nothing.
    private static int Baseline(Recipe[] shared, int variant, MethodRegistry methods)
    {
        Recipe own = shared[variant];
        int found = Find(teacher => teacher == own.Teacher);
        return found < 0 && own.Teacher is { Sftn: not null } friendly ? Find(teacher => teacher is { Sftn: null } && teacher.Name == friendly.Name) : found;

        int Find(Predicate<TeacherOptions?> hasTeacher) => Array.FindIndex(
            shared, other => other != own && IsBaseline(other, methods) && hasTeacher(other.Teacher)
                && other.Student == own.Student && other.Train == own.Train && other.Data == own.Data);
    }

    private static bool IsBaseline(Recipe recipe, MethodRegistry methods) =>
        recipe.Distill.Where(term => !term.IsCrossEntropy).ToList() is [var only] && methods.Find(only.Method).IsBaseline;
}
