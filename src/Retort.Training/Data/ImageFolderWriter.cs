using System.Globalization;
using Retort.Training.Reports;
using Retort.Training.Runs;
using Retort.Vision.Datasets;

namespace Retort.Training.Data;

/// <summary>
/// Writes images as a folder of <c>train/CLASS/NUMBER.png</c> and <c>test/CLASS/NUMBER.png</c>, which <c>kind: folder</c> reads with the same
/// pixels. The classes' order there is that of their names, a file's number is the image's in its split.
/// </summary>
public static class ImageFolderWriter
{
    private const int Told = 100; // images between two calls of the progress

    /// <summary>Writes both splits; the folder is there when all is in it.</summary>
    /// <param name="folder">Must not exist, or be empty.</param>
    /// <param name="train">The training images.</param>
    /// <param name="test">The test images.</param>
    /// <param name="progress">Is told what is being done, how much is done, and how much there is.</param>
    /// <param name="cancel">Stops, and leaves nothing.</param>
    /// <exception cref="RetortException">Something is in the folder, it cannot be written, or a class has no image in a split, or a name that no folder can have.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(string folder, ImageDataset train, ImageDataset test, Action<string, int, int>? progress = null, CancellationToken cancel = default)
    {
        RequireFree(folder);
        RequireNames(train.Classes);
        RequireEveryClass("training", train);
        RequireEveryClass("test", test);
        NewFolder.Write(folder, draft =>
        {
            Write(Path.Combine(draft, "train"), train, (done, total) => progress?.Invoke("writing the training images", done, total), cancel);
            Write(Path.Combine(draft, "test"), test, (done, total) => progress?.Invoke("writing the test images", done, total), cancel);
        });
    }

    /// <summary>Refuses a folder in which something is, before images are made for it.</summary>
    /// <exception cref="RetortException">It is a file, or not empty.</exception>
    public static void RequireFree(string folder) => NewFolder.RequireFree(folder, "name one that does not exist, or is empty");

    private static void Write(string folder, ImageDataset images, Action<int, int> progress, CancellationToken cancel)
    {
        foreach (string name in images.Classes)
            Directory.CreateDirectory(Path.Combine(folder, name));
        int digits = (images.Count - 1).ToString(CultureInfo.InvariantCulture).Length;
        for (int i = 0; i < images.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            string file = i.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0') + ".png";
            byte[] png = new Picture("", images.Width, images.Height, images.Pixels(i).ToArray()).ToPng();
            File.WriteAllBytes(Path.Combine(folder, images.Classes[images.Label(i)], file), png);
            if ((i + 1) % Told == 0 || i + 1 == images.Count)
                progress(i + 1, images.Count);
        }
    }

    private static void RequireNames(IReadOnlyList<string> classes)
    {
        if (classes.FirstOrDefault(name => name.Length == 0 || name[0] == '.' || name.AsSpan().IndexOfAny('/', '\\', '\0') >= 0) is { } odd)
            throw new RetortException($"The class '{odd}' cannot be a folder's name: classes must not begin with '.', nor have a '/' or '\\' in them.");
    }

    // A class without images would be an empty folder, which is refused when it is read.
    private static void RequireEveryClass(string split, ImageDataset images)
    {
        var seen = images.Labels.ToArray().ToHashSet();
        if (Enumerable.Range(0, images.Classes.Count).FirstOrDefault(label => !seen.Contains(label), -1) is >= 0 and var label)
        {
            throw new RetortException(
                $"Of the {images.Count} {split} images none is of class '{images.Classes[label]}', and a folder needs one of every class: take more images.") { WrongUse = true };
        }
    }
}
