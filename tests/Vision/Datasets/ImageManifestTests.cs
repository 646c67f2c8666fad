using System.Text;
using Retort.Tests.Support;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class ImageManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImageManifestTests()
    {
        for (int i = 0; i < 4; i++) _folder.Write($"images/{i}.png", PngFile.Flat(2, 2, (byte)i));
        _folder.Write("a, \"b\".png", PngFile.Flat(2, 2, 9));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Images_come_in_the_order_of_the_lines_with_classes_in_ordinal_order()
    {
        string file = Manifest("\ufeffid,label,path\r\n7,dog,images/1.png\r\n\r\n8,cat,\"a, \"\"b\"\".png\"\r\n9,dog,images/0.png");
        ImageDataset data = ImageManifest.Load(file);
        Assert.Equal(["cat", "dog"], data.Classes);
        Assert.Equal([1, 0, 1], data.Labels.ToArray());
        Assert.Equal([1, 9, 0], Enumerable.Range(0, 3).Select(i => (int)data.Pixels(i)[0]));
        Assert.Equal(Path.Combine(_folder.Path, "images", "1.png"), data.Source(0));
        Assert.Equal("train", data.Name);
        Assert.Equal((2, new ImageSize(2, 2)), (ImageManifest.Outline(file).Classes.Count, ImageManifest.Outline(file).Size));
    }

    [Fact]
    public void Labels_that_are_numbers_are_ordered_by_value() =>
        Assert.Equal(["2", "9", "10"], ImageManifest.Load(Manifest("path,label\nimages/0.png,10\nimages/1.png,9\nimages/2.png,2\n")).Classes);

    [Fact]
    public void The_classes_of_another_split_number_the_labels_and_some_may_be_absent()
    {
        string file = Manifest("path,label\nimages/0.png,c\n");
        Assert.Equal([1], ImageManifest.Load(file, new ImageFileOptions { Classes = ["d", "c", "a"] }).Labels.ToArray());
        Assert.Equal(
            $"{file}:2:14: label 'c' is no class of the training images; correct it, or add such images to them.",
            Assert.Throws<DataException>(() => ImageManifest.Load(file, new ImageFileOptions { Classes = ["a"] })).Message);
    }

    [Fact]
    public void Manifests_are_streamed_as_folders_are()
    {
        string file = Manifest("path,label\nimages/0.png,a\nimages/3.png,b\n");
        ImageDataset data = ImageManifest.Load(file, new ImageFileOptions { Memory = 0 });
        Assert.True(data.IsStreamed);
        Assert.Equal(3, data.Pixels(1)[0]);
    }

    [Theory]
    [InlineData("", ":1:1: the header names the column 'path' nowhere; the first line must name 'path' and 'label' once each.")]
    [InlineData("path,class\nimages/0.png,a\n", ":1:1: the header names the column 'label' nowhere; ")]
    [InlineData("path,label,path\nimages/0.png,a,b\n", ":1:12: the header names the column 'path' twice; ")]
    [InlineData("path,label\nimages/0.png,a\nimages/1.png\n", ":3:1: the line has 1 field, and the header 2; a comma in a field needs quotes around it.")]
    [InlineData("path,label\nimages/0.png,a,b\n", ":2:16: the line has 3 fields, and the header 2; ")]
    [InlineData("path,label\nimages/0.png,\n", ":2:14: the label is empty; give one, or remove the line.")]
    [InlineData("path,label\n,a\n", ":2:1: the path is empty; ")]
    [InlineData("path,label\nimages/0.png,a\nimages/none.png,a\n", ":3:1: there is no file '")]
    [InlineData("path,label\n\"images/0.png,a\n", ":2:1: the quote that opens here is never closed; close it.")]
    [InlineData("path,label\n\"images/0.png\"x,a\n", ":2:15: text follows a closing quote; ")]
    [InlineData("label,path\n\"two\nlines\",images/none.png\n", ":3:8: there is no file '")]
    public void What_is_wrong_is_told_with_line_and_column(string text, string begin)
    {
        string file = Manifest(text);
        Assert.StartsWith($"{file}{begin}", Assert.Throws<DataException>(() => ImageManifest.Load(file)).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{file}{begin}", Assert.Throws<DataException>(() => ImageManifest.Outline(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_without_images_that_is_no_text_or_that_is_missing_is_refused()
    {
        string file = Manifest("path,label\n");
        Assert.Equal($"Manifest '{file}' names no image; add a line with path and label for each.", Error(file));
        _folder.Write("train.csv", [.. "path,label\n"u8, 0xff, 0xfe]);
        Assert.Equal($"CSV file '{file}' is no UTF-8 text behind line 1; save it as UTF-8.", Error(file));
        Assert.StartsWith("CSV file '/no/such.csv' cannot be read (", Error("/no/such.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_corrupt_images_are_left_out_missing_ones_are_too()
    {
        List<SkippedImage> skipped = [];
        ImageDataset data = ImageManifest.Load(
            Manifest("path,label\nimages/none.png,a\nimages/0.png,a\n"), new ImageFileOptions { SkipCorrupt = true, OnSkipped = skipped.Add });
        Assert.Equal(Path.Combine(_folder.Path, "images", "none.png"), Assert.Single(skipped).Path);
        Assert.Equal(1, data.Count);
    }

    private string Manifest(string text) => _folder.Write("train.csv", Encoding.UTF8.GetBytes(text));

    private static string Error(string file) => Assert.Throws<DataException>(() => ImageManifest.Load(file)).Message;
}
