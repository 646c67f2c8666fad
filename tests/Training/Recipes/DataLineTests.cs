using Retort.Training.Data.Fetching;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class DataLineTests
{
    [Theory]
    [InlineData("data/shapes")]
    [InlineData("c, d")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("it's \"mine\"")]
    [InlineData("[x]")]
    [InlineData("{x}")]
    [InlineData("- y")]
    [InlineData("*star")]
    [InlineData("2024")]
    [InlineData("null")]
    [InlineData("two\nlines")]
    [InlineData("back\\slash")]
    [InlineData(" space ")]
    public void A_folder_is_read_back_as_it_is_called(string folder)
    {
        foreach (string line in DatasetCatalog.All.Select(dataset => dataset.RecipeLine(folder)).Append(DataLine.Of("kind: folder", folder)))
        {
            Recipe recipe = Recipe.Parse($"{line}\nstudent: {{model: resnet8}}\n", "line.yaml");
            Assert.Equal(folder, Assert.IsAssignableFrom<StoredDataOptions>(recipe.Data).Path);
        }
    }

    [Fact]
    public void It_is_one_line_as_it_would_be_written_by_hand() => Assert.Equal(
        "data: {kind: idx, classes: [T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot], path: data/fashion-mnist}",
        DatasetCatalog.All.Single(dataset => dataset.Name == "fashion-mnist").RecipeLine("data/fashion-mnist"));
}
