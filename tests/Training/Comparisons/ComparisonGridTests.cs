using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonGridTests
{
    private static readonly Recipe Kd = TinyRun.Distilled with { Distill = [new("ce", 0.1), new("kd", 0.9)] };
    private static readonly Recipe Dist = TinyRun.Distilled with { Distill = [new("ce", 1), new("dist", 2)] };

    [Fact]
    public void A_teacher_is_trained_once_and_the_student_alone_once_for_each_seed()
    {
        ComparisonGrid grid = Grid([3, 4], new("kd", Kd), new("dist", Dist));

        Assert.Equal(
            ["teacher-resnet8", "plain/seed-3", "kd/seed-3", "dist/seed-3", "plain/seed-4", "kd/seed-4", "dist/seed-4"],
            grid.Cells.Select(cell => cell.Name));
        Cell teacher = Assert.Single(grid.Teachers);
        Assert.Equal((1, null), (teacher.Recipe.Train.Epochs, teacher.Recipe.Teacher));
        Assert.Equal(Path.Combine("out", "runs", "teacher-resnet8", "student.safetensors"), teacher.StudentFile);
        Cell[] distilled = [.. grid.Cells.Where(cell => cell.Recipe.Teacher is not null)];
        Assert.Equal(4, distilled.Length);
        Assert.All(distilled, cell => Assert.Equal((teacher, teacher.StudentFile), (cell.Teacher, cell.Recipe.Teacher!.Checkpoint)));
        Assert.All(grid.Cells.Except([teacher]), cell => Assert.Equal(long.Parse(cell.Name[^1..]), cell.Recipe.Train.Seed));
        Assert.All(grid.Cells, cell => Assert.False(cell.Recipe.PlainStudent));
    }

    [Fact]
    public void Rows_know_what_they_are_measured_against()
    {
        ComparisonGrid grid = Grid([0], new("dist", Dist), new("kd", Kd), new("more", Dist with { Distill = [new("kd", 1), new("dist", 1)] }));

        Assert.Equal(["student alone", "dist", "kd", "more"], grid.Rows.Select(row => row.Name));
        Assert.Equal([null, "student alone", "student alone", "student alone"], grid.Rows.Select(row => row.Plain?.Name));
        Assert.Equal([null, "kd", null, "kd"], grid.Rows.Select(row => row.Baseline?.Name));
        Assert.Equal(["resnet8", "resnet8 → resnet8", "resnet8 → resnet8", "resnet8 → resnet8"], grid.Rows.Select(row => row.Pair));
    }

    [Fact]
    public void A_variant_of_labels_alone_is_the_student_alone()
    {
        ComparisonGrid grid = Grid([0], new("labels", TinyRun.Distilled with { Distill = [new("ce", 1)] }), new("kd", Kd));

        Assert.Equal(["labels", "kd"], grid.Rows.Select(row => row.Name));
        Assert.Equal([null, "labels"], grid.Rows.Select(row => row.Plain?.Name));
        Assert.Equal(3, grid.Cells.Count());
    }

    [Fact]
    public void The_student_alone_writes_events_where_the_variants_do()
    {
        Recipe kd = Kd with { Tensorboard = new() };
        ComparisonGrid grid = Grid([0], new("kd", kd), new("labels", kd with { Distill = [new("ce", 1)] }));

        Assert.Equal([("kd", "labels"), ("labels", null)], grid.Rows.Select(row => (row.Name, row.Plain?.Name)));
        Assert.All(grid.Rows, row => Assert.NotNull(row.Cells[0].Recipe.Tensorboard));
    }

    [Fact]
    public void Pairs_of_one_student_share_the_student_alone_and_other_training_has_its_own()
    {
        ComparisonGrid grid = Grid(
            [0], new("kd", Kd), new("kd-large", Kd with { Teacher = new() { Model = "resnet14", Checkpoint = "t.pth" } }),
            new("plain", Kd with { Train = TinyRun.Train with { Batch = 4 } }));

        Assert.Equal(["student alone", "student alone", "student alone 2"], grid.Rows.Skip(2).Select(row => row.Plain?.Name));
        Assert.All(grid.Rows, row => Assert.Null(row.Baseline)); // each KD is the only one of its pair and training
        Assert.Equal(grid.Cells.Count(), grid.Cells.Select(cell => cell.Folder).Distinct().Count());
        Assert.Contains(grid.Rows, row => row.Name == "plain" && row.Cells[0].Name == "plain/seed-0");
    }

    [Fact]
    public void A_student_friendly_teacher_is_trained_in_its_variants_own_run()
    {
        ComparisonGrid grid = Grid([0], new("kd", Kd), new("friendly", Kd with { Teacher = Kd.Teacher! with { Sftn = new() } }));

        Assert.Single(grid.Teachers);
        Recipe friendly = grid.Rows.Single(row => row.Name == "friendly").Cells[0].Recipe;
        Assert.Equal((null, true), (friendly.Teacher!.Checkpoint, friendly.Teacher.Sftn is not null));
    }

    [Fact]
    public void Threads_are_the_share_of_a_process_unless_a_recipe_takes_fewer()
    {
        Variant few = new("few", Kd), all = new("all", Kd with { Train = TinyRun.Train with { Threads = 0, Batch = 4 } });
        ComparisonGrid grid = ComparisonGrid.Of(new ComparisonRecipe("c", [few, all], [0]), "out", threads: 3);

        Assert.Equal([1, 3], new[] { "few", "all" }.Select(name => grid.Rows.Single(row => row.Name == name).Cells[0].Recipe.Train.Threads));
    }

    [Fact]
    public void A_process_decodes_and_trains_teachers_with_its_share_too()
    {
        var files = new FolderDataOptions { Path = "images", DecodeThreads = 8 };
        Recipe many = Kd with { Data = files, Teacher = new() { Model = "resnet8", Train = TinyRun.Train with { Threads = 8 } } };
        Recipe few = many with { Data = files with { DecodeThreads = 1 }, Teacher = Kd.Teacher! with { Sftn = new(), Train = TinyRun.Train with { Threads = 8 } } };
        ComparisonGrid grid = ComparisonGrid.Of(new ComparisonRecipe("c", [new("many", many), new("few", few)], [0]), "out", threads: 3);

        Assert.Equal(3, Assert.Single(grid.Teachers).Recipe.Train.Threads);
        Recipe Of(string name) => grid.Rows.Single(row => row.Name == name).Cells[0].Recipe;
        Assert.Equal([3, 1, 3], new[] { Of("many"), Of("few"), grid.Teachers[0].Recipe }.Select(recipe => ((FolderDataOptions)recipe.Data).DecodeThreads));
        Assert.Equal(3, Of("few").Teacher!.Train!.Threads);
    }

    [Fact]
    public void A_student_friendly_teacher_is_measured_against_the_usual_one()
    {
        Recipe friendly = Kd with { Teacher = Kd.Teacher! with { Sftn = new() } };
        ComparisonGrid grid = Grid([0], new("sftn", friendly), new("kd", Kd), new("sftn-dist", friendly with { Distill = Dist.Distill }));

        // KD by the friendly teacher is what other methods by it are measured against; itself it stands beside KD by the usual one.
        Assert.Equal([null, "kd", null, "sftn"], grid.Rows.Select(row => row.Baseline?.Name));
    }

    private static ComparisonGrid Grid(long[] seeds, params Variant[] variants) =>
        ComparisonGrid.Of(new ComparisonRecipe("c", variants, seeds), "out", threads: 1);
}
