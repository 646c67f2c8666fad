using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Training.Recipes;

namespace Retort.Tests.EndToEnd;

/// <summary>A teacher that PyTorch trained is worth here what it was worth there.</summary>
public sealed class PublishedTeacherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SharedFileFact("data", "cifar10-jpeg.tar.gz")]
    public void A_teacher_from_PyTorch_recognises_as_many_test_images_as_the_file_beside_it_says()
    {
        using JsonDocument promise = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.Shared("teachers", "resnet20-cifar10.json")));
        UnpackTestImages(RepositoryFiles.Shared("data", "cifar10-jpeg.tar.gz"));
        var data = new FolderDataOptions { Path = _folder.Path, Normalization = new NormalizationOptions { Preset = "repdistiller" } };
        var evaluation = new CheckpointEvaluation(
            RepositoryFiles.Shared("teachers", "resnet20-cifar10.pth"), data, Compute.Choose(Precision.Fp32, Device.Cpu)) { Model = "resnet20" };

        EvaluationResult result = evaluation.Run(new RecordingObserver(), CancellationToken.None).Result;

        // Two images of 10,000: JPEG decoders may differ in a bit, and that may tip an image that stands between two classes.
        double promised = promise.RootElement.GetProperty("test_top1_percent").GetDouble();
        Assert.InRange(100 * result.Top1, promised - 0.02, promised + 0.02);
    }

    private void UnpackTestImages(string archive)
    {
        using FileStream file = File.OpenRead(archive);
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.EntryType != TarEntryType.RegularFile || !entry.Name.StartsWith("test/", StringComparison.Ordinal))
                continue;
            string path = Path.Combine(_folder.Path, entry.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            entry.ExtractToFile(path, overwrite: false);
        }
    }
}
