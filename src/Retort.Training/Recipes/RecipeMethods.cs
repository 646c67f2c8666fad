using Retort.Distillation;
using Retort.Vision.Models;

namespace Retort.Training.Recipes;

/// <summary>Makes what a recipe names of its registries, and refuses what it cannot.</summary>
internal static class RecipeMethods
{
    /// <summary>Makes the method of a term, unbound.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="term">One of its terms, with a method.</param>
    /// <param name="methods">The methods that there are.</param>
    /// <exception cref="RetortException">There is no such method or option, or the method cannot do with the data as it is augmented.</exception>
    public static Method Make(Recipe recipe, DistillTerm term, MethodRegistry methods)
    {
        Method method = methods.Find(term.Method).Create(term.Options, $"distill.{term.Method}");
        if (!method.ReadsSamples || !recipe.Data.Augment.Mixes)
            return method;
        method.Dispose();
        throw new MethodException(
            $"{term.Method} reads which sample an image is and which label it has, but 'data.augment' mixes images and labels by mixup or "
            + "cutmix: leave those out, or take another method.");
    }

    /// <summary>Makes the terms of the student's loss but for the cross-entropy, unbound.</summary>
    /// <inheritdoc cref="Make"/>
    public static List<DistillationTerm> MakeAll(Recipe recipe, MethodRegistry methods) =>
    [
        .. recipe.Distill.Where(term => !term.IsCrossEntropy)
            .Select(term => new DistillationTerm(term.Method, term.Weight, Make(recipe, term, methods)) { WarmupEpochs = term.WarmupEpochs }),
    ];

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
