using System.Text.Json.Nodes;
using Retort.Tests.Cli.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Cli.Commands;

public sealed class RecipeCommandTests : CliTests
{
    [Fact]
    public void A_checked_recipe_gives_0_or_2_with_what_is_wrong()
    {
        string file = RecipeFile(Tiny);
        Assert.Equal($"{file}: nothing is wrong.\n", CommandLine.Run("recipe", "check", file).Done().Output);
        CommandLine.Run("recipe", "check", file, "--set", "student.model=resnet9").Refused(2, "There is no model named \"resnet9\". ", "");
        CommandLine both = CommandLine.Run("recipe", "check", file, "--set", "train.epochs=0", "--set", "train.batch=0");
        Assert.Equal(2, both.Code);
        Assert.StartsWith($"retort: 2 things are wrong with {file}:\n  ", both.Error, StringComparison.Ordinal);
        CommandLine.Run("recipe", "check", In("none.yaml")).Refused(2, $"There is no recipe '{In("none.yaml")}': ", "");
        Assert.False(Directory.Exists(In("run")));
    }

    [Fact]
    public void A_shown_recipe_is_the_recipe_in_full()
    {
        string yaml = CommandLine.Run("recipe", "show", RecipeFile(Tiny), "--set", "train.seed=11").Done().Output;
        Assert.Equal(Recipe.Load(RecipeFile(Tiny), ["train.seed=11"]), Recipe.Parse(yaml, "shown.yaml"));
        Assert.Contains("label_smoothing: 0", yaml);
    }

    [Fact]
    public void A_comparison_in_place_of_a_recipe_is_told_with_the_command_that_takes_it()
    {
        string file = RecipeFile($"{Tiny}\nseeds: [0, 1]\nvariants:\n  plain: {{distill: [{{ce: 1}}]}}\n");
        foreach (string[] command in (string[][])[["train"], ["recipe", "show"], ["data", "info"]])
        {
            CommandLine.Run([.. command, file]).Refused(
                2, $"'{file}' is a comparison ('variants' is in it), which has several recipes: use `retort compare {file}`, or name a recipe.");
        }
    }

    [Fact]
    public void The_schema_goes_to_the_terminal_or_into_a_file()
    {
        string schema = CommandLine.Run("recipe", "schema").Done().Output;
        Assert.Equal("Retort recipe", (string?)JsonNode.Parse(schema)!["title"]);
        Assert.Equal("", CommandLine.Run("recipe", "schema", "-o", In("schema.json")).Done().Output);
        Assert.Equal(schema, File.ReadAllText(In("schema.json")));
        CommandLine.Run("recipe", "schema", "-o", In("none", "schema.json"))
            .Refused(1, $"'{In("none", "schema.json")}' cannot be written (", "check that its folder exists and may be written.");
    }
}
