using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonResultTests
{
    [Theory]
    [InlineData(0.8, "The teacher resnet20 of kd, dist recognises 80.00 % of the test images.")]
    [InlineData(0.5, "Warning: The teacher resnet20 of kd, dist recognises 50.00 % of the test images. That is less than the student alone, 60.00 %: take a better teacher, or train it longer.")]
    public void A_teacher_is_told_with_its_accuracy_and_warned_of_where_the_student_alone_is_better(double teacher, string note)
    {
        Recipe kd = TinyRun.Distilled with { Teacher = new() { Model = "resnet20", Checkpoint = "t.pth" } };
        var recipe = new ComparisonRecipe("c", [new("kd", kd), new("dist", kd with { Distill = [new("dist", 1)] })], [0]);
        ComparisonGrid grid = ComparisonGrid.Of(recipe, "out", threads: 1);
        RowResult[] rows = [.. grid.Rows.Select(row => new RowResult(row, [Reached(row.Plain is null ? null : teacher)]))];

        Assert.Contains(note, new ComparisonResult(grid, rows, [], new Dictionary<string, string>()).Notes());
    }

    private static CellResult Reached(double? teacher) => new(0.6, 0.6, false, 1, 1, 1, []) { TeacherAccuracy = teacher };
}
