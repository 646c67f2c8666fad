using System.CommandLine;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;

namespace Retort.Cli.Commands;

/// <summary><c>--data</c>: images in a folder, or those that are made in code.</summary>
internal sealed class DataOption : Option<string?>
{
    /// <summary>Names the images that are made in code.</summary>
    public const string Synthetic = "synthetic";

    /// <summary>Makes the option.</summary>
    /// <param name="use">What the images are for.</param>
    public DataOption(string use)
        : base("--data")
    {
        Description = $"{use}: a folder with train/CLASS/*.jpg and test/CLASS/*.jpg, one that `retort data fetch` filled, or \"{Synthetic}\".";
        HelpName = "folder";
        CompletionSources.Add(Synthetic);
    }

    /// <summary>The images that a command line names; null: it names none.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="card">Of the network that is to see them: image files are brought to its size. Null: they have one size, and keep it.</param>
    public DataOptions? Of(ParseResult line, NetworkCard? card = null) => line.GetValue(this) switch
    {
        null => null,
        Synthetic => new SyntheticDataOptions(),
        var folder => StoredDataOptions.Of(folder) switch
        {
            ImageFileDataOptions files when card is not null => files with { Size = card.ImageSize, Resize = card.Resize },
            var others => others,
        },
    };
}
