using System.Text.RegularExpressions;
using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Recipes;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Recipes;

public sealed partial class RecipeFileTests(RecipeFileTests.Networks networks) : IClassFixture<RecipeFileTests.Networks>, IDisposable
{
    private const int Classes = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("retort-recipe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_recipe_that_is_shipped_loads_and_resolves()
    {
        var folder = RepositoryFiles.Repository("recipes");
        string[] files = [.. Directory.GetFiles(folder, "*.yaml", SearchOption.AllDirectories).Where(IsRecipe)];
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

    /// <summary>All recipes that distill, by their paths in the folder.</summary>
    public static TheoryData<string> Distilling
    {
        get
        {
            string folder = RepositoryFiles.Repository("recipes");
            return
            [
                .. Directory.GetFiles(folder, "*.yaml", SearchOption.AllDirectories).Where(IsRecipe).Where(file => Recipe.Load(file).Teacher is not null)
                    .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal),
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Distilling))]
    public void Every_recipe_fits_its_networks_and_the_pairs_that_its_comment_gives_figures_for(string path)
    {
        string file = RepositoryFiles.Repository("recipes", path);
        Recipe recipe = Recipe.Load(file);
        int size = recipe.Data is FolderDataOptions { Size: not null } ? 64 : 32; // of ImageNet's 224, to be quick
        string comment = string.Join(' ', File.ReadLines(file).Where(line => line.StartsWith('#')).Select(line => line[1..]));
        (string Teacher, string Student)[] pairs =
        [
            (recipe.Teacher!.Model!, recipe.Student.Model),
            .. Pair().Matches(comment).Select(match => (Teacher: match.Groups["teacher"].Value, Student: match.Groups["student"].Value))
                .Where(pair => IsModel(pair.Teacher) && IsModel(pair.Student)),
        ];
        if (path.StartsWith("cifar100", StringComparison.Ordinal) && Path.GetFileName(path) == "kd.yaml")
            Assert.Equal(14, pairs.Length); // RepDistiller's thirteen, of which one is the recipe's own
        int[] labels = [.. Enumerable.Range(0, 64).Select(i => i % Classes)];
        Assert.All(pairs.Distinct(), pair =>
        {
            List<DistillationTerm> terms =
            [
                .. recipe.Distill.Where(term => !term.IsCrossEntropy).Select((term, i) => new DistillationTerm(
                    $"{term.Method}-{i + 1}", term.Weight, MethodRegistry.Default.Find(term.Method).Create(term.Options, ""))),
            ];
            new DistillationObjective(1, 0, terms, networks.ShapeOf(pair.Student, pair, size), networks.ShapeOf(pair.Teacher, pair, size), labels).Dispose();
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
        Recipe going = Recipe.Load(Write("b.yaml", "student: {model: a, checkpoint: teacher.pth}"));
        Assert.Equal(Path.Combine(_folder, "teacher.pth"), Path.GetFullPath(going.Student.Checkpoint!));
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

    private static bool IsRecipe(string file) => Path.GetFileName(Path.GetDirectoryName(file)) != "comparisons";

    private static bool IsModel(string name) => ModelRegistry.Default.Entries.Any(entry => entry.Name == name);

    // "resnet56 → resnet20", also with the teacher's accuracy between them.
    [GeneratedRegex(@"(?<teacher>\w+)( [\d.]+)? → (?<student>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pair();

    private string Write(string name, string yaml)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, yaml);
        return path;
    }

    /// <summary>The networks of all recipes, each made once; methods look into them.</summary>
    public sealed class Networks : IDisposable
    {
        private readonly Dictionary<(string Model, int Size), (Network Network, NetworkShape Shape)> _made = [];

        public void Dispose()
        {
            foreach ((Network network, _) in _made.Values)
                network.Dispose();
        }

        /// <summary>The shape of one of a pair; both see images of the one size that a transformer among them takes.</summary>
        public NetworkShape ShapeOf(string model, (string Teacher, string Student) pair, int size)
        {
            size = ((string[])[pair.Student, pair.Teacher]).Where(name => name.StartsWith("deit_", StringComparison.Ordinal))
                .Select(name => ModelRegistry.Default.Find(name).ImageSize).FirstOrDefault(size);
            if (!_made.TryGetValue((model, size), out var made))
            {
                Network network = ModelRegistry.Default.Create(model, Classes);
                _made.Add((model, size), made = (network, NetworkShape.Of(model, network, size, size, Device.Cpu)));
            }

            return made.Shape;
        }
    }
}
