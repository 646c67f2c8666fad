using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Comparisons;
using Retort.Training.Runs;
using Retort.Training.Teachers;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Recipes;

/// <summary>
/// Finds what would stop a run before it trains: names and options that do not exist, data and checkpoints that are missing or do not fit,
/// methods that cannot work between the two networks. Nothing is trained, and no image is decoded.
/// </summary>
public sealed class RecipeCheck
{
    // Any number does for methods that keep something for each sample, as long as no class has few of them.
    private const int SamplesPerClass = 64;

    private readonly Recipe _recipe;
    private readonly MethodRegistry _methods;
    private readonly ModelRegistry _models;
    private readonly List<string> _problems = [];

    private RecipeCheck(Recipe recipe, MethodRegistry methods, ModelRegistry models) => (_recipe, _methods, _models) = (recipe, methods, models);

    /// <summary>Checks the file of a recipe or of a comparison.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Values to set in it, as "train.epochs=20".</param>
    /// <param name="methods">The methods that it may name; those of Retort by default.</param>
    /// <param name="models">The models that it may name; those of Retort by default.</param>
    /// <param name="variants">Options of your own that it may have, as a <see cref="DataOptions"/>.</param>
    /// <returns>A sentence for each problem; none when all is well. What does not bind to a recipe is checked no further.</returns>
    /// <exception cref="RetortException">The file does not exist or cannot be read.</exception>
    public static IReadOnlyList<string> Problems(
        string path, IReadOnlyList<string>? overrides = null, MethodRegistry? methods = null, ModelRegistry? models = null,
        IReadOnlyList<Type>? variants = null)
    {
        methods ??= MethodRegistry.Default;
        models ??= ModelRegistry.Default;
        try
        {
            return ComparisonRecipe.IsComparison(path)
                ? Problems(ComparisonRecipe.Load([path], overrides, options: variants).Variants, methods, models)
                : Problems(Recipe.Load(path, overrides, variants), methods, models);
        }
        catch (OptionsException faulty)
        {
            return [.. faulty.Faults.Select(fault => fault.ToString())];
        }
    }

    // What is wrong in the part that all share is told once.
    private static IReadOnlyList<string> Problems(IReadOnlyList<Variant> variants, MethodRegistry methods, ModelRegistry models) =>
    [
        .. variants.SelectMany(variant => Problems(variant.Recipe, methods, models).Select(problem => (Problem: problem, variant.Name)))
            .GroupBy(found => found.Problem, found => found.Name)
            .Select(found => found.Count() == variants.Count ? found.Key : $"{string.Join(", ", found)}: {found.Key}"),
    ];

    private static IReadOnlyList<string> Problems(Recipe recipe, MethodRegistry methods, ModelRegistry models)
    {
        var check = new RecipeCheck(recipe, methods, models);
        check.Run();
        return check._problems;
    }

    private void Run()
    {
        DatasetOutline? data = Try(() =>
        {
            DatasetOutline outline = _recipe.Data.Outline();
            DataOptions.RequireClasses(outline.Classes);
            return outline;
        });
        Try(() => _recipe.Data.Normalization?.ToNormalization());
        Try(() => _recipe.Teacher?.Normalization?.ToNormalization());
        foreach (ClassWeights weights in ((ClassWeights?[])[_recipe.Train.ClassWeights, _recipe.TeacherTrain.ClassWeights]).OfType<ClassWeights>().Distinct())
        {
            Try(() =>
            {
                weights.RequireClasses(data?.Classes.Count ?? weights.Values?.Count ?? 0);
                return weights;
            });
        }

        TrainOptions[] trainings = _recipe.Teacher is { IsTrained: true } ? [_recipe.Train, _recipe.TeacherTrain] : [_recipe.Train];
        foreach (TrainOptions training in trainings.Distinct())
        {
            Try(() =>
            {
                training.RequireFullBatch(data?.Images ?? int.MaxValue); // of which some may be held out
                return training;
            });
        }

        ModelEntry? student = Try(() => _models.Find(_recipe.Student.Model));
        bool hasTeacher = _recipe.Teacher is { } options && (options.Model is not { } model || Try(() => _models.Find(model)) is not null);
        List<(string Name, DistillTerm Term)> usable = [.. RecipeMethods.Terms(_recipe).Where(named => CanMake(named.Name, named.Term))];
        if (student is null)
            return;

        int classes = data?.Classes.Count ?? student.UsualClasses;
        ImageSize size = data?.Size ?? ImageSize.Square(student.ImageSize);
        using Network learning = student.Create(classes);
        NetworkShape? ofStudent = Shape(student.Name, learning, size);
        if (_recipe.Student.Checkpoint is { } start)
            Try(() => CheckCheckpoint("student", learning, student.Name, start, new StateDictOptions(), data));
        if (!hasTeacher)
            return;

        using Network? trained = Try(() => MakeTeacher(data?.Classes, classes, size));
        if (trained is null)
            return;
        if (_recipe.Teacher!.Checkpoint is not null)
            Try(() => CheckCheckpoint("teacher", trained, _recipe.Teacher.Name, _recipe.Teacher.Checkpoint, _recipe.Teacher.Weights, data));
        if (ofStudent is null || Shape(_recipe.Teacher.Name, trained, size) is not { } ofTeacher)
            return;
        if (_recipe.Teacher.Sftn is { } branches)
            Try(() => CheckBranches(branches, branches.Student ?? student.Name, ofTeacher, classes, size));
        int[] labels = [.. Enumerable.Range(0, classes * SamplesPerClass).Select(sample => sample % classes)];
        foreach ((string name, DistillTerm term) in usable)
            Try(() => CheckPair(name, term, ofStudent, ofTeacher, trained, labels));
    }

    private bool CanMake(string name, DistillTerm term) => Try(() =>
    {
        using Method method = Make(name, term).Method;
        return term;
    }) is not null;

    private DistillationTerm Make(string name, DistillTerm term) => RecipeMethods.Make(_recipe, name, term, _methods);

    // Where the data's classes are not known, a network may have any number of them.
    private Network MakeTeacher(IReadOnlyList<string>? known, int classes, ImageSize size)
    {
        TeacherOptions options = _recipe.Teacher!;
        return TeacherNetwork.Create(options, _models, known ?? new string[classes], size, Device.Cpu);
    }

    private NetworkShape? Shape(string model, Network network, ImageSize size) =>
        Try(() => NetworkShape.Of(model, network, size.Height, size.Width, Device.Cpu));

    // How many classes the weights must be for is known of the data alone.
    private static string CheckCheckpoint(
        string role, Network network, string model, string path, StateDictOptions options, DatasetOutline? data)
    {
        if (data is null)
            CheckpointLoader.Read(path, options).Dispose();
        else
            CheckpointLoader.Load(network, model, path, options)?.RequireClasses(path, data.Classes, role);
        return path;
    }

    private DistillTerm CheckPair(string name, DistillTerm term, NetworkShape student, NetworkShape teacher, Network trained, int[] labels)
    {
        // With the labels, as a term may have the weight 0 beside them.
        using var objective = new DistillationObjective(1, 0, [Make(name, term)], student, teacher, labels);
        RunTeacher.RequireStatistics(objective, _recipe.Teacher!, trained);
        foreach (MethodStage stage in objective.Stages.Where(stage => stage.Checkpoint is not null))
            LearnerFile.Load(stage, teacher: null);
        return term;
    }

    private string CheckBranches(StudentFriendlyTeacherOptions options, string model, NetworkShape teacher, int classes, ImageSize size)
    {
        using Network network = _models.Create(model, classes);
        NetworkShape student = NetworkShape.Of(model, network, size.Height, size.Width, Device.Cpu);
        TeacherTraining.Bind(options, student, teacher, new TrainOptions(), classWeights: null, _models).Dispose();
        return model;
    }

    private T? Try<T>(Func<T?> part)
        where T : class
    {
        using var scope = new TensorScope();
        try
        {
            return part();
        }
        catch (OptionsException faulty)
        {
            _problems.AddRange(faulty.Faults.Select(fault => fault.ToString()));
        }
        catch (RetortException problem)
        {
            _problems.Add(problem.Message);
        }

        return null;
    }
}
