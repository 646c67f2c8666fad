using System.Globalization;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.TorchScript;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Teachers;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>How a run uses the teacher's cache.</summary>
internal static class TeacherCaching
{
    /// <summary>Name of the caches' folder where a recipe names none: beside a run's folder, and in a comparison's.</summary>
    public const string FolderName = "teacher-cache";

    /// <summary>The cache that a recipe asks for; null: none.</summary>
    /// <param name="recipe">The run's.</param>
    /// <param name="folder">The run's.</param>
    /// <param name="teacher">Its teacher.</param>
    /// <param name="network">The teacher's.</param>
    /// <param name="context">The run's.</param>
    public static TeacherCache? Open(Recipe recipe, RunFolder folder, TeacherRecord teacher, Network network, RunContext context)
    {
        if (recipe.Teacher?.Cache is not { Enabled: true } options)
            return null;
        string root = options.Folder ?? FolderBeside(folder.Path);
        AugmentOptions augment = recipe.Data.Augment;
        context.Observer.Notice($"What the teacher says of the training images is kept in '{root}'.");
        return new TeacherCache(
            root, teacher.Model, Key(recipe, teacher, network, context), context.Data.Train.Count, augment.Variants,
            (long)(options.MaxGb * 1e9), context.Observer.Notice);
    }

    /// <summary>Where the caches of a run lie whose recipe does not say.</summary>
    /// <param name="run">The run's folder.</param>
    public static string FolderBeside(string run) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(run))!, FolderName);

    /// <summary>How much the cache has saved this process.</summary>
    public static string Describe(TeacherCache cache) => string.Create(
        CultureInfo.InvariantCulture, $"{Figures.Percent(cache.Asked == 0 ? 0 : (double)cache.Found / cache.Asked)} of the teacher's outputs came from '{cache.Root}'");

    // The records themselves tell whether they are of an image; this keeps apart what would overwrite each other for ever.
    private static string Key(Recipe recipe, TeacherRecord teacher, Network network, RunContext context) => string.Join('\n',
    [
        $"teacher: {teacher.Model} {teacher.Sha256}",
        .. (network is RenormalizedNetwork renormalized ? renormalized.Inner : network) is TorchScriptNetwork script ? (string[])[$"its code: {script.Identity}"] : [],
        $"its mean and std: {string.Join(' ', teacher.Mean.Concat(teacher.Std).Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}",
        $"computed in: {context.Compute}, libtorch {TorchRuntime.Version}",
        $"seed: {recipe.Train.Seed.ToString(CultureInfo.InvariantCulture)}",
        $"data: {context.Data.Train.Name}, {context.Data.Train.Count.ToString(CultureInfo.InvariantCulture)} images",
        YamlWriter.Write(OptionsWriter.Write(recipe.Data.Content)),
    ]);
}
