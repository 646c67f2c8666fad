using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.Versioning;
using Retort.Tests.Support;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classes_and_files_come_in_ordinal_order()
    {
        _folder.Write("b/2.png", PngFile.Flat(2, 2, 4));
        _folder.Write("b/10.PNG", PngFile.Flat(2, 2, 3));
        _folder.Write("a/below/x.png", PngFile.Flat(2, 2, 2));
        _folder.Write("Z/x.png", PngFile.Flat(2, 2, 1));
        _folder.Write("Z/notes.txt", [1]);
        _folder.Write(".hidden/x.png", [1]);

        var data = ImageFolder.Load(_folder.Path);

        Assert.Equal(["Z", "a", "b"], data.Classes);
        Assert.Equal([0, 1, 2, 2], data.Labels.ToArray());
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, data.Count).Select(i => (int)data.Pixels(i)[0]));
        Assert.Equal(Path.Combine(_folder.Path, "b", "10.PNG"), data.Source(2));
        Assert.Equal(new ImageSize(2, 2), data.Size);
        Assert.Equal(Path.GetFileName(_folder.Path), data.Name);
    }

    [Fact]
    public void The_thread_count_does_not_change_the_data()
    {
        for (var i = 0; i < 40; i++) _folder.Write($"class{i % 3}/{i}.png", PngFile.Flat(3, 2, (byte)i, (byte)(2 * i)));
        var one = ImageFolder.Load(_folder.Path, new ImageFileOptions { Threads = 1 });
        var four = ImageFolder.Load(_folder.Path, new ImageFileOptions { Threads = 4 });
        Assert.Equal(one.Labels.ToArray(), four.Labels.ToArray());
        for (var i = 0; i < 40; i++) Assert.Equal(one.Pixels(i).ToArray(), four.Pixels(i).ToArray());
    }

    [Fact]
    public void Progress_ends_with_all_images_done()
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        _folder.Write("a/2.png", PngFile.Flat(2, 2, 4));
        List<(int, int)> reports = [];
        ImageFolder.Load(_folder.Path, new ImageFileOptions { Progress = (done, total) => reports.Add((done, total)) });
        Assert.Equal((2, 2), reports[^1]);
    }

    [Fact]
    public void A_cancelled_load_throws()
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        Assert.ThrowsAny<OperationCanceledException>(() => ImageFolder.Load(_folder.Path, cancel: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Images_of_different_sizes_are_refused_with_both_files()
    {
        var first = _folder.Write("a/1.png", PngFile.Flat(4, 4, 1));
        var second = _folder.Write("b/1.jpg", JpegFile.Rgb);
        Assert.Equal(
            $"Data set 'x': '{first}' has 4x4 pixels and '{second}' has 16x12; give a size to which all are scaled (data.size in a recipe).",
            Error(new ImageFileOptions { Name = "x" }));
    }

    [Fact]
    public void Images_of_different_sizes_are_scaled_to_the_size_given()
    {
        _folder.Write("a/1.png", PngFile.Flat(4, 9, 1, 2, 3));
        _folder.Write("b/1.png", PngFile.Flat(16, 12, 7, 8, 9));
        var data = ImageFolder.Load(_folder.Path, new ImageFileOptions { Size = ImageSize.Square(8) });
        Assert.Equal(ImageSize.Square(8), data.Size);
        Assert.Equal([1, 2, 3], data.Pixels(0)[^3..].ToArray());
        Assert.Equal([7, 8, 9], data.Pixels(1)[^3..].ToArray());
    }

    [Fact]
    public void A_missing_folder_is_named() => Assert.Equal(
        "Image folder '/no/such/folder' does not exist; check the path, or fetch the data first.",
        Assert.Throws<DataException>(() => ImageFolder.Load("/no/such/folder")).Message);

    [Fact]
    public void A_file_instead_of_a_folder_is_named()
    {
        var file = _folder.Write("x.png", PngFile.Flat(1, 1, 1));
        Assert.Equal(
            $"Image folder '{file}' is a file; give the folder that holds one folder per class.",
            Assert.Throws<DataException>(() => ImageFolder.Load(file)).Message);
    }

    [Fact]
    public void An_empty_folder_is_refused() => Assert.Equal(
        $"Image folder '{_folder.Path}' has no class folders; put the images of each class into a folder of its own, named after the class.",
        Error());

    [Fact]
    public void A_class_folder_without_images_is_named()
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        _folder.Write("b/readme.txt", [1]);
        Assert.Equal($"Class folder '{Path.Combine(_folder.Path, "b")}' has no JPEG or PNG files; add images or remove the folder.", Error());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void An_unreadable_class_folder_is_named()
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        var closed = Directory.CreateDirectory(Path.Combine(_folder.Path, "b")).FullName;
        File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            // Root may read every folder: for it the folder is merely empty.
            var rule = Environment.UserName == "root" ? "has no JPEG or PNG files" : "check its permissions";
            var message = Error();
            Assert.Contains($"'{closed}'", message, StringComparison.Ordinal);
            Assert.Contains(rule, message, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_link_that_leads_back_is_not_followed()
    {
        _folder.Write("train/a/1.png", PngFile.Flat(2, 2, 1));
        _folder.Write("train/a/below/2.png", PngFile.Flat(2, 2, 2));
        _folder.Write("train/b/3.png", PngFile.Flat(2, 2, 3));
        string train = Path.Combine(_folder.Path, "train"), a = Path.Combine(train, "a");
        Assert.Equal(3, ImageFolder.Load(train).Count);

        Directory.CreateSymbolicLink(Path.Combine(a, "loop"), a);
        Directory.CreateSymbolicLink(Path.Combine(a, "below", "relative"), "../../a");
        Directory.CreateSymbolicLink(Path.Combine(a, "all"), train);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "other"), train);
        Assert.Equal(3, ImageFolder.Load(train).Count);
        Assert.Equal(3, ImageFolder.Load(Path.Combine(_folder.Path, "other")).Count);
    }

    [Fact]
    public void Links_to_other_folders_are_followed_until_they_come_back()
    {
        _folder.Write("train/a/1.png", PngFile.Flat(2, 2, 1));
        string shared = Path.GetDirectoryName(_folder.Write("shared/2.png", PngFile.Flat(2, 2, 2)))!, a = Path.Combine(_folder.Path, "train", "a");
        Directory.CreateSymbolicLink(Path.Combine(a, "more"), shared);
        Directory.CreateSymbolicLink(Path.Combine(shared, "back"), a);

        ImageDataset data = ImageFolder.Load(Path.Combine(_folder.Path, "train"));

        Assert.Equal([Path.Combine(a, "1.png"), Path.Combine(a, "more", "2.png")], Enumerable.Range(0, data.Count).Select(data.Source));
    }

    [Theory]
    [InlineData("mkdir $'caf\\xe9'", "caf\uFFFD' cannot be read; rename it: its name is not UTF-8.")]
    [InlineData("mkdir -p a/$'caf\\xe9'", "caf\uFFFD' cannot be read; rename it: its name is not UTF-8.")]
    [InlineData("cp a/1.png a/$'caf\\xe9.png'", "caf\uFFFD.png': its name is not UTF-8); replace or remove them, or skip corrupt images.")]
    public void A_name_that_is_not_utf8_is_told(string make, string end)
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        Assert.Equal(0, InstalledProgram.Run("bash", "-c", $"cd '{_folder.Path}' && {make}"));
        try
        {
            Assert.EndsWith(end, Error(), StringComparison.Ordinal);
        }
        finally
        {
            InstalledProgram.Run("bash", "-c", $"rm -r '{_folder.Path}'/*"); // .NET cannot
        }
    }

    [Fact]
    public void A_name_with_the_replacement_character_itself_is_a_name()
    {
        _folder.Write("caf\uFFFD/1.png", PngFile.Flat(2, 2, 4));
        Assert.Equal(["caf\uFFFD"], ImageFolder.Load(_folder.Path).Classes);
    }

    [Fact]
    public void A_truncated_jpeg_fails_the_load_and_is_named()
    {
        _folder.Write("a/1.jpg", JpegFile.Rgb);
        var damaged = _folder.Write("a/2.jpg", JpegFile.Rgb[..300]);
        var message = Error();
        Assert.StartsWith($"1 of the 2 images in '{_folder.Path}' cannot be read ('{damaged}': ", message, StringComparison.Ordinal);
        Assert.EndsWith("; replace or remove them, or skip corrupt images.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_corrupt_images_are_counted_and_the_first_are_named()
    {
        for (var i = 0; i < 5; i++) _folder.Write($"a/{i}.gif", "GIF89a"u8.ToArray());
        _folder.Write("a/good.png", PngFile.Flat(2, 2, 4));
        var message = Error();
        Assert.StartsWith("5 of the 6 images in ", message, StringComparison.Ordinal);
        Assert.Contains("0.gif': it is neither a JPEG nor a PNG file; '", message, StringComparison.Ordinal);
        Assert.Contains("; and 2 more)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipped_images_are_told_and_left_out()
    {
        var damaged = _folder.Write("a/1.jpg", JpegFile.Rgb[..300]);
        _folder.Write("a/2.jpg", JpegFile.Rgb);
        _folder.Write("b/1.jpg", JpegFile.Grey);
        List<SkippedImage> skipped = [];
        var data = ImageFolder.Load(_folder.Path, new ImageFileOptions { SkipCorrupt = true, OnSkipped = skipped.Add });
        Assert.Equal(damaged, Assert.Single(skipped).Path);
        Assert.Equal([0, 1], data.Labels.ToArray());
        Assert.Equal(Path.Combine(_folder.Path, "a", "2.jpg"), data.Source(0));
    }

    [Fact]
    public void Skipping_never_loses_a_whole_class()
    {
        _folder.Write("a/1.jpg", JpegFile.Rgb[..300]);
        _folder.Write("b/1.jpg", JpegFile.Grey);
        Assert.Equal(
            "Data set 'x': none of the images of class 'a' can be read; replace them or remove the class.",
            Error(new ImageFileOptions { Name = "x", SkipCorrupt = true, OnSkipped = _ => { } }));
    }

    [Fact]
    public void A_folder_of_corrupt_images_alone_is_refused()
    {
        _folder.Write("a/1.jpg", [1, 2, 3]);
        Assert.Contains("it is neither a JPEG nor a PNG file", Error(), StringComparison.Ordinal);
        Assert.StartsWith("Data set ", Error(new ImageFileOptions { SkipCorrupt = true, OnSkipped = _ => { } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_needs_someone_to_tell() =>
        Assert.Throws<ArgumentException>(() => ImageFolder.Load(_folder.Path, new ImageFileOptions { SkipCorrupt = true }));

    [Fact]
    public void The_classes_of_another_split_are_required()
    {
        _folder.Write("a/1.png", PngFile.Flat(2, 2, 4));
        _folder.Write("b/1.png", PngFile.Flat(2, 2, 4));
        var data = ImageFolder.Load(_folder.Path, new ImageFileOptions { Classes = ["b", "a"] });
        Assert.Equal((0, Path.Combine(_folder.Path, "b", "1.png")), (data.Label(0), data.Source(0)));
        Assert.Contains("no folder for class 'c'", Error(new ImageFileOptions { Classes = ["a", "b", "c"] }), StringComparison.Ordinal);
        Assert.Contains("class folder 'b'", Error(new ImageFileOptions { Classes = ["a"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void Splits_are_found_by_their_usual_names()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "train"));
        Directory.CreateDirectory(Path.Combine(_folder.Path, "val"));
        Assert.Equal(Path.Combine(_folder.Path, "train"), ImageFolder.FindSplit(_folder.Path, DatasetSplit.Training));
        Assert.Equal(Path.Combine(_folder.Path, "val"), ImageFolder.FindSplit(_folder.Path, DatasetSplit.Test));
        Directory.Delete(Path.Combine(_folder.Path, "val"));
        Assert.Throws<DataException>(() => ImageFolder.FindSplit(_folder.Path, DatasetSplit.Test));
    }

    [SharedFileFact("data", "cifar10-jpeg.tar.gz")]
    public void Real_cifar_jpegs_are_read()
    {
        using var packed = File.OpenRead(RepositoryFiles.Shared("data", "cifar10-jpeg.tar.gz"));
        using var tar = new TarReader(new GZipStream(packed, CompressionMode.Decompress));
        var files = 0;
        while (files < 60 && tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            using var content = new MemoryStream();
            entry.DataStream.CopyTo(content);
            _folder.Write(entry.Name, content.ToArray());
            files++;
        }

        var data = ImageFolder.Load(ImageFolder.FindSplit(_folder.Path, DatasetSplit.Training));
        Assert.Equal(60, data.Count);
        Assert.Equal(ImageSize.Square(32), data.Size);
        Assert.Equal("airplane", data.Classes[0]);
        Assert.All(Enumerable.Range(0, 60), i => Assert.True(data.Pixels(i).ToArray().Distinct().Count() > 16));
    }

    private string Error(ImageFileOptions? options = null) =>
        Assert.Throws<DataException>(() => ImageFolder.Load(_folder.Path, options)).Message;
}
