using Retort.Tests.Support;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Recipes;

public sealed class DataOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_test_split_is_told_before_training_images_are_decoded()
    {
        string torn = _folder.Write("train/cat/torn.jpg", JpegFile.Rgb[..200]);
        _folder.Write("train.csv", System.Text.Encoding.UTF8.GetBytes($"path,label\n{torn},cat\n"));
        Assert.StartsWith($"Image folder '{_folder.Path}' has no folder 'test' or ", Error(new FolderDataOptions { Path = _folder.Path }), StringComparison.Ordinal);
        Assert.StartsWith(
            $"CSV file '{Path.Combine(_folder.Path, "test.csv")}' cannot be read", Error(new CsvDataOptions { Path = _folder.Path }), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_missing_splits_that_of_training_is_told()
    {
        Assert.Contains("has no folder 'train' or 'training'", Error(new FolderDataOptions { Path = _folder.Path }), StringComparison.Ordinal);
        Assert.StartsWith(
            $"CSV file '{Path.Combine(_folder.Path, "train.csv")}' cannot be read", Error(new CsvDataOptions { Path = _folder.Path }), StringComparison.Ordinal);
    }

    [Fact]
    public void Random_parts_are_cut_out_of_training_images_as_they_are_in_their_files_and_the_run_says_that_they_are_streamed()
    {
        foreach (string split in (string[])["train", "test"])
        {
            _folder.Write($"{split}/cat/1.png", PngFile.Flat(9, 6, 1));
            _folder.Write($"{split}/dog/1.png", PngFile.Flat(6, 9, 2));
        }

        var options = new FolderDataOptions { Path = _folder.Path, Size = 4, Resize = 5 };
        DataSplits plain = options.Load(progress: null, CancellationToken.None);
        DataSplits parts = (options with { Augment = new AugmentOptions { ResizedCrop = new() } }).Load(progress: null, CancellationToken.None);
        Assert.False(plain.Train.IsWhole);
        Assert.Empty(plain.Notices());
        Assert.Equal((true, false), (parts.Train.IsWhole, parts.Test.IsWhole));
        Assert.Contains("are streamed, decoding threads: ", Assert.Single(parts.Notices()), StringComparison.Ordinal);
        Assert.Contains("(augment.resized_crop)", Assert.Single(parts.Notices()), StringComparison.Ordinal);
        Assert.Equal(plain.Normalization, parts.Normalization);
    }

    private static string Error(DataOptions options) => Assert.Throws<DataException>(() => options.Load(progress: null, CancellationToken.None)).Message;
}
