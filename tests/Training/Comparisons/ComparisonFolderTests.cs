using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonFolderTests : InTemporaryFolder
{
    [Fact]
    public void Recipes_that_another_shard_has_written_are_not_written_again()
    {
        var grid = ComparisonGrid.Of(new ComparisonRecipe("c", [new("kd", TinyRun.Distilled)], [0, 1]), In("out"), threads: 1);
        using var folder = ComparisonFolder.Open(In("out"), TimeProvider.System);
        folder.Prepare(grid);
        DateTime before = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        string[] files = [.. grid.Cells.Select(folder.RecipeFile)];
        foreach (string file in files)
            File.SetLastWriteTimeUtc(file, before);
        File.WriteAllText(files[1], "another");

        folder.Prepare(grid);

        Assert.Equal(files.Where(file => file != files[1]), files.Where(file => File.GetLastWriteTimeUtc(file) == before));
        Assert.Equal([.. grid.Cells.Select(cell => cell.Recipe.ToYaml())], files.Select(File.ReadAllText));
    }
}
