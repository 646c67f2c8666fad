using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Training.Recipes;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retort-recipe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_recipe_that_is_shipped_loads_and_resolves()
    {
        var folder = RepositoryFiles.Repository("recipes");
        string[] files = [.. Directory.GetFiles(folder, "*.yaml", SearchOption.AllDirectories).Where(f => Path.GetFileName(Path.GetDirectoryName(f)) != "comparisons")];
        Assert.Contains(files, f => Path.GetFileName(f) == "demo.yaml");
        Assert.All(files, file =>
        {
            var recipe = Recipe.Load(file);
            // A run's folder is named for the recipe: cifar10/kd.yaml writes runs/cifar10-kd. A base is there to be extended.
            var name = Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace(Path.DirectorySeparatorChar, '-');
            if (Path.GetFileName(file) != "base.yaml")
                Assert.Equal(name, recipe.Name);
            Assert.Equal(recipe, Recipe.Parse(recipe.ToYaml(), file));
            ModelRegistry.Default.Find(recipe.Student.Model);
            if (recipe.Teacher is { } teacher)
                ModelRegistry.Default.Find(teacher.Model!);
            foreach (var term in recipe.Distill.Where(t => !t.IsCrossEntropy))
                MethodRegistry.Default.Find(term.Method).Create(term.Options, $"distill.{term.Method}").Dispose();
        });
    }

    [Fact]
    public void Every_recipe_for_CIFAR10_fits_its_networks()
    {
        string[] files = [.. Directory.GetFiles(RepositoryFiles.Repository("recipes", "cifar10"), "*.yaml").Where(f => Recipe.Load(f).Teacher is not null)];
        Assert.Contains(files, f => Path.GetFileName(f) == "kd.yaml");
        using var student = ModelRegistry.Default.Create("resnet8", 10);
        using var teacher = ModelRegistry.Default.Create("resnet20", 10);
        var studentShape = NetworkShape.Of("resnet8", student, 32, 32, Device.Cpu);
        var teacherShape = NetworkShape.Of("resnet20", teacher, 32, 32, Device.Cpu);
        int[] labels = [.. Enumerable.Range(0, 64).Select(i => i % 10)];
        Assert.All(files, file =>
        {
            var recipe = Recipe.Load(file);
            Assert.Equal(("resnet8", "resnet20"), (recipe.Student.Model, recipe.Teacher!.Model));
            List<DistillationTerm> terms =
            [
                .. recipe.Distill.Where(t => !t.IsCrossEntropy)
                    .Select(t => new DistillationTerm(t.Method, t.Weight, MethodRegistry.Default.Find(t.Method).Create(t.Options, ""))),
            ];
            new DistillationObjective(1, 0, terms, studentShape, teacherShape, labels).Dispose();
        });
    }

    [Fact]
    public void The_name_is_the_files_unless_the_recipe_has_one()
    {
        Assert.Equal("my-first-run", Recipe.Load(Write("my first run.yaml", "student: {model: a}")).Name);
        Assert.Equal("b", Recipe.Load(Write("a.yaml", "name: b\nstudent: {model: a}")).Name);
    }

    [Fact]
    public void A_path_is_looked_for_in_the_current_directory_and_then_beside_the_recipe()
    {
        File.WriteAllText(Path.Combine(_folder, "teacher.pth"), "");
        var recipe = Recipe.Load(Write("a.yaml", "student: {model: a}\nteacher: {model: b, checkpoint: teacher.pth}\ndata: {kind: folder, path: nowhere}"));
        Assert.Equal(Path.Combine(_folder, "teacher.pth"), Path.GetFullPath(recipe.Teacher!.Checkpoint!));
        Assert.False(Path.IsPathRooted(recipe.Teacher.Checkpoint));
        Assert.Equal("nowhere", ((FolderDataOptions)recipe.Data).Path);
    }

    [Fact]
    public void A_byte_order_mark_does_no_harm() => Assert.Equal("a", Recipe.Load(Write("a.yaml", "\uFEFFstudent: {model: a}")).Name);

    [Fact]
    public void A_file_that_is_missing_a_folder_too_large_or_no_text_is_refused()
    {
        var missing = Path.Combine(_folder, "none.yaml");
        Assert.Equal($"There is no recipe '{missing}': check the path, or look into recipes/ for those that come with Retort.",
            Assert.Throws<RetortException>(() => Recipe.Load(missing)).Message);
        Assert.Equal($"'{_folder}' is a folder: name the recipe file in it.", Assert.Throws<RetortException>(() => Recipe.Load(_folder)).Message);
        var large = Write("large.yaml", new string('#', (1 << 20) + 1));
        Assert.Equal($"{large}: the file has more than 1 MiB, which is too large for a recipe.", Assert.Throws<OptionsException>(() => Recipe.Load(large)).Message);
        var binary = Path.Combine(_folder, "student.safetensors");
        File.WriteAllBytes(binary, [0xff, 0xfe, 0xc0]);
        Assert.Equal($"{binary}: the file is not UTF-8 text: save it as UTF-8, or name a YAML recipe.", Assert.Throws<OptionsException>(() => Recipe.Load(binary)).Message);
    }

    private string Write(string name, string yaml)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, yaml);
        return path;
    }
}
