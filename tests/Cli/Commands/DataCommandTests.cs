using Retort.Tests.Cli.Support;
using Retort.Tests.Support;

namespace Retort.Tests.Cli.Commands;

public sealed class DataCommandTests : CliTests
{
    [Fact]
    public void A_recipes_data_is_counted_with_what_it_holds_out()
    {
        string output = CommandLine.Run("data", "info", RecipeFile(Tiny), "--set", "data.dev_split=0.25").Done().Output;
        Assert.Matches(@"striped disc +3 +1 +2", output);
        Assert.Matches(@"all +30 +10 +20", output);
        Assert.Contains("synthetic shapes: 10 classes, images of 32x32 pixels", output);
    }

    [Fact]
    public void A_folder_is_measured_and_what_cannot_be_read_in_it_is_named()
    {
        Images();
        string good = CommandLine.Run("data", "info", In("data")).Done().Output;
        Assert.Matches(@"all +10 +4", good);
        // Red is 250 for cats and 5 for dogs, green 0 to 80 in steps of 20, blue as the picture has it.
        Assert.Contains("normalization: {mean: [0.5000, 0.1569, ", good);
        Assert.Contains("std: [0.4804, 0.1109, ", good);

        Image("train", "cat", "torn.jpg", JpegFile.Rgb[..200]);
        CommandLine bad = CommandLine.Run("data", "info", In("data"));
        Assert.Equal(1, bad.Code);
        Assert.Contains($"cannot be read: {In("data", "train", "cat", "torn.jpg")}: ", bad.Output);
        Assert.Matches(@"all +10 +4", bad.Output);
    }
}
