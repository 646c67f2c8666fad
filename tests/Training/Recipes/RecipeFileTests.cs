using System.Runtime.CompilerServices;
using Retort.Distillation.Options;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retort-recipe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_recipe_that_is_shipped_loads_and_resolves()
    {
        var files = Directory.GetFiles(ShippedFolder(), "*.yaml", SearchOption.AllDirectories);
        Assert.Contains(files, f => Path.GetFileName(f) == "demo.yaml");
        Assert.All(files, file =>
        {
            var recipe = Recipe.Load(file);
            Assert.Equal(Path.GetFileNameWithoutExtension(file), recipe.Name);
            Assert.Equal(recipe, Recipe.Parse(recipe.ToYaml(), file));
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

    private static string ShippedFolder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "recipes"));

    private string Write(string name, string yaml)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, yaml);
        return path;
    }
}
