using Retort.Distillation;
using Retort.Vision.Models;

namespace Retort.Training.Recipes;

/// <summary>Makes what a recipe names of its registries, and refuses what it cannot.</summary>
internal static class RecipeMethods
{
    /// <summary>The terms of the student's loss but for the cross-entropy, with their names.</summary>
    /// <param name="recipe">The recipe.</param>
    public static IEnumerable<(string Name, DistillTerm Term)> Terms(Recipe recipe) =>
        TermNames.Of(recipe.Distill).Zip(recipe.Distill).Where(named => !named.Second.IsCrossEntropy);

    /// <summary>Makes a term with its method, unbound.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="name">The term's name, one of <see cref="Terms"/>.</param>
    /// <param name="term">The term.</param>
    /// <param name="methods">The methods that there are.</param>
    /// <exception cref="RetortException">There is no such method or option, or the method cannot do with the data as it is augmented.</exception>
    public static DistillationTerm Make(Recipe recipe, string name, DistillTerm term, MethodRegistry methods)
    {
        Method method = methods.Find(term.Method).Create(term.Options, $"distill.{name}");
        if (!method.ReadsSamples || !recipe.Data.Augment.Mixes)
            return new DistillationTerm(name, term.Weight, method) { WarmupEpochs = term.WarmupEpochs };
        method.Dispose();
        throw new MethodException(
            $"{name} reads which sample an image is and which label it has, but 'data.augment' mixes images and labels by mixup or "
            + "cutmix: leave those out, or take another method.");
    }

    /// <summary>Makes the terms of the student's loss but for the cross-entropy, unbound.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="methods">The methods that there are.</param>
    /// <exception cref="RetortException">As <see cref="Make"/>.</exception>
    public static List<DistillationTerm> MakeAll(Recipe recipe, MethodRegistry methods) =>
        [.. Terms(recipe).Select(named => Make(recipe, named.Name, named.Term, methods))];

    /// <summary>Refuses models, methods and options of methods that there are not, and methods that cannot do with the data as it is augmented.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="methods">The methods that there are.</param>
    /// <param name="models">The models that there are.</param>
    /// <exception cref="RetortException">One of them; the message says which and what to do.</exception>
    public static void RefuseUnknown(Recipe recipe, MethodRegistry methods, ModelRegistry models)
    {
        models.Find(recipe.Student.Model);
        if (recipe.Teacher is { } teacher)
        {
            if (teacher.Model is { } model)
                models.Find(model);
            models.Find(teacher.Sftn?.Student ?? recipe.Student.Model);
        }

        foreach (DistillationTerm term in MakeAll(recipe, methods))
            term.Method.Dispose();
    }
}
