using System.CommandLine;
using Retort.Cli.Json;
using Retort.Torch;
using Retort.Training.Parts;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Cli.Commands;

/// <summary><c>retort demo</c>: the whole tool in a few minutes, on data made in code.</summary>
internal sealed class DemoCommand : CliCommand
{
    private const string Resource = "demo.yaml", RunName = "retort-demo"; // the name that no recipe's run has: what is replaced is a demo's

    private readonly SetOption _set = new();
    private readonly Option<string> _out = new("--out")
    {
        Description = "The run's folder; a demo in it is replaced.", HelpName = "folder", DefaultValueFactory = _ => Path.Combine("runs", "demo"),
    };

    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the demo in the folder." };
    private readonly JsonOption _json = new();

    public DemoCommand()
        : base(
            "demo", "Make images, train a teacher, a student alone and a distilled student, and compare them. Minutes on two cores.",
            "retort demo --set data.train_images=200 --set data.test_images=100 --set train.epochs=1   # a look in seconds",
            "retort demo --resume --set data.train_images=200 --set data.test_images=100 --set train.epochs=1   # after Ctrl-C")
    {
        Add(_set);
        Add(_out);
        Add(_resume);
        Add(_json);
    }

    public override int Execute(ParseResult line, Terminal terminal, CancellationToken interrupt)
    {
        using Stream resource = typeof(DemoCommand).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(resource);
        Recipe recipe = Recipe.Parse(reader.ReadToEnd(), Resource, _set.Of(line)) with { Name = RunName };
        ExistingRun existing = line.GetValue(_resume) ? ExistingRun.Resume : ExistingRun.Overwrite;
        if (existing == ExistingRun.Overwrite)
            RefuseOther(line.GetValue(_out)!);
        return new RecipeTraining(terminal, Plugins.None, Device.Cpu, line.GetValue(_json)).Run(recipe, line.GetValue(_out)!, existing, environment: null, interrupt);
    }

    private static void RefuseOther(string path)
    {
        string recipe = Path.Combine(path, RunFolder.RecipeName);
        if (File.Exists(recipe) && !IsDemo(recipe))
        {
            throw new RetortException($"'{path}' holds the run of another recipe, which the demo would delete: choose another folder with --out, or move the run.")
            { WrongUse = true };
        }
    }

    private static bool IsDemo(string recipe)
    {
        try
        {
            return Recipe.Load(recipe).Name == RunName;
        }
        catch (RetortException)
        {
            return false; // of parts that only its plug-in knows
        }
    }
}
