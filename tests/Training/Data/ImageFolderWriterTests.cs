using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Data;

public sealed class ImageFolderWriterTests : InTemporaryFolder
{
    [Fact]
    public void What_is_written_is_read_back_with_the_same_pixels()
    {
        SyntheticDataOptions synthetic = TinyRun.Data with { LabelNoise = 0.2 };
        List<string> told = [];
        ImageFolderWriter.Write(In("data"), Read(synthetic, DatasetSplit.Training), Read(synthetic, DatasetSplit.Test), (what, done, total) => told.Add($"{what} {done}/{total}"));

        Assert.Equal(["writing the training images 40/40", "writing the test images 20/20"], told);
        foreach (DatasetSplit split in (DatasetSplit[])[DatasetSplit.Training, DatasetSplit.Test])
        {
            ImageDataset made = Read(synthetic, split), read = Read(new FolderDataOptions { Path = In("data") }, split);
            Assert.Equal(made.Classes.Order(StringComparer.Ordinal), read.Classes);
            Assert.Equal(made.Count, read.Count);
            for (int i = 0; i < read.Count; i++)
            {
                int original = int.Parse(Path.GetFileNameWithoutExtension(read.Source(i)), System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(made.Classes[made.Label(original)], read.Classes[read.Label(i)]);
                Assert.True(made.Pixels(original).SequenceEqual(read.Pixels(i)), read.Source(i));
            }
        }
    }

    [Fact]
    public void A_folder_that_holds_something_or_could_not_be_read_back_is_refused_and_nothing_written()
    {
        ImageDataset test = Read(TinyRun.Data, DatasetSplit.Test);
        Directory.CreateDirectory(In("full", "inner"));
        Assert.StartsWith($"'{In("full")}' is not empty: ", Refusal(In("full"), test, test), StringComparison.Ordinal);
        Assert.StartsWith("Of the 4 test images none is of class 'striped cross'", Refusal(In("data"), test, test.Subset("few", [0, 1, 2, 3])), StringComparison.Ordinal);
        var odd = new ImageDataset("odd", ["../up"], ImageSize.Square(1), new byte[3], [0]);
        Assert.StartsWith("The class '../up' cannot be a folder's name", Refusal(In("data"), odd, odd), StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => ImageFolderWriter.Write(In("data"), test, test, cancel: new CancellationToken(canceled: true)));
        Assert.Equal([In("full")], Directory.GetFileSystemEntries(Folder));
    }

    private static ImageDataset Read(DataOptions data, DatasetSplit split) => data.Read(split, null, null, default);

    private static string Refusal(string folder, ImageDataset train, ImageDataset test) =>
        Assert.Throws<RetortException>(() => ImageFolderWriter.Write(folder, train, test)).Message;
}
