using Retort.Training.Recipes;

namespace Retort.Training.Runs;

/// <summary>A run that was begun in a folder, which is to go on.</summary>
internal static class BegunRun
{
    /// <summary>Refuses one of another recipe: half a run of one and half of another would be a result of neither.</summary>
    /// <param name="folder">The run's; there may be none in it.</param>
    /// <param name="recipe">What is to be gone on with.</param>
    /// <param name="remedy">Ends the message.</param>
    /// <exception cref="RunFolderException">The folder's run has another recipe.</exception>
    public static void RequireSameRecipe(string folder, Recipe recipe, string remedy)
    {
        string file = Path.Combine(folder, RunFolder.RecipeName);
        if (!File.Exists(file) || RecipeDifference.FindLater(Recipe.Parse(File.ReadAllText(file), file, variants: [recipe.Data.GetType()]), recipe) is not { } difference)
            return;
        throw new RunFolderException(
            folder, $"The run in '{folder}' was begun with {difference.Key} {difference.Before}, but now {difference.Key} is {difference.Now}: {remedy}.");
    }
}
