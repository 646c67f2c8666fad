using System.CommandLine;
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
    /// <param name="size">Height and width that the network is to see: image files are brought to it. Null: they have one size, and keep it.</param>
    /// <param name="resize">Height and width that they are scaled to before their middle of that size is taken; null: that size itself.</param>
    public DataOptions? Of(ParseResult line, int? size = null, int? resize = null) => line.GetValue(this) switch
    {
        null => null,
        Synthetic => new SyntheticDataOptions(),
        var folder => StoredDataOptions.Of(folder) switch
        {
            ImageFileDataOptions files when size is not null => files with { Size = size, Resize = resize },
            var others => others,
        },
    };
}
