using Retort.Tests.Support;
using Retort.Tests.Training.Runs;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Vision.Models;

namespace Retort.Tests.Cli.Support;

/// <summary>Recipes, image folders and weights for tests of commands, in a folder of the test's own.</summary>
public abstract class CliTests : InTemporaryFolder
{
    /// <summary>A recipe of a second: a student alone on 40 images.</summary>
    protected const string Tiny = """
        data: {kind: synthetic, train_images: 40, test_images: 20}
        student: {model: resnet8}
        train: {epochs: 2, batch: 8, threads: 1, seed: 7, precision: fp32}
        """;

    /// <summary>The same of an image folder, which <see cref="Images"/> makes.</summary>
    protected string OfFolder => $$"""
        data: {kind: folder, path: {{In("data")}}}
        student: {model: resnet8}
        train: {epochs: 1, batch: 4, threads: 1, precision: fp32}
        """;

    protected string RecipeFile(string yaml)
    {
        File.WriteAllText(In("tiny.yaml"), yaml);
        return In("tiny.yaml");
    }

    /// <summary>Trains a recipe into <c>run</c>.</summary>
    internal CommandLine Train(string yaml, params string[] more) => CommandLine.Run(["train", RecipeFile(yaml), "--out", In("run"), .. more]);

    /// <summary>An image folder of two classes, five images each for training and two for testing.</summary>
    protected void Images()
    {
        foreach (string split in (string[])["train", "test"])
        {
            foreach (string label in (string[])["cat", "dog"])
            {
                for (int i = 0; i < (split == "train" ? 5 : 2); i++)
                    Image(split, label, $"{i}.png", PngFile.Flat(32, 32, red: (byte)(label == "cat" ? 250 : 5), green: (byte)(20 * i)));
            }
        }
    }

    protected void Image(string split, string label, string name, byte[] content)
    {
        Directory.CreateDirectory(In("data", split, label));
        File.WriteAllBytes(In("data", split, label, name), content);
    }

    /// <summary>Writes the weights of a new network.</summary>
    protected string Weights(string model, int classes)
    {
        using Network network = ModelRegistry.Default.Create(model, classes);
        string file = In($"{model}-{classes}.safetensors");
        Safetensors.Write(file, network.State());
        return file;
    }
}
