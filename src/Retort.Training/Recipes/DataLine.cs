using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>The line of a recipe that reads the images of a folder, as commands show it that have filled one.</summary>
internal static class DataLine
{
    /// <summary>Makes the line.</summary>
    /// <param name="keys">The keys of 'data' but for the path, as "kind: cifar10".</param>
    /// <param name="folder">The folder, whatever it is called.</param>
    public static string Of(string keys, string folder)
    {
        var data = (OptionMapping)YamlReader.Read($"{{{keys}}}", "data");
        return YamlWriter.WriteLine("data", data.With("path", new OptionScalar(folder, quoted: true)));
    }
}
