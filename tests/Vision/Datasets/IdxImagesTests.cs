using System.Buffers.Binary;
using System.IO.Compression;
using Retort.Tests.Support;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class IdxImagesTests : IDisposable
{
    private const string Images = "t10k-images-idx3-ubyte", Labels = "t10k-labels-idx1-ubyte";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")]
    [InlineData("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")]
    [InlineData("emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte.gz")]
    [InlineData("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte")]
    public void Grey_images_are_repeated_in_three_channels(string images, string labels)
    {
        Write(images, Idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 255]));
        Write(labels, Idx([2], [4, 0]));
        Write("train-images-idx3-ubyte", [1]); // of the other split
        ImageDataset data = IdxImages.Load(_folder.Path, DatasetSplit.Test);
        Assert.Equal((2, new ImageSize(3, 2)), (data.Count, data.Size));
        Assert.Equal([4, 0], data.Labels.ToArray());
        Assert.Equal(["0", "1", "2", "3", "4"], data.Classes);
        Assert.Equal([11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15, 255, 255, 255], data.Pixels(1).ToArray());
        Assert.Equal($"{images}[1]", data.Source(1));
        Assert.Equal(new ImageSize(3, 2), IdxImages.Outline(_folder.Path, DatasetSplit.Test).Size);
        Assert.Equal(5, IdxImages.Outline(_folder.Path, DatasetSplit.Test).Classes.Count);
    }

    [Fact]
    public void Labels_that_have_no_class_are_refused()
    {
        Whole();
        Assert.Equal(["a", "b"], IdxImages.Load(_folder.Path, DatasetSplit.Test, ["a", "b"]).Classes);
        Assert.Contains(
            "has label 1 at place 1, and the 1 classes have labels 0 to 0",
            Assert.Throws<DataException>(() => IdxImages.Load(_folder.Path, DatasetSplit.Test, ["a"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_truncated_file_is_named(bool isPacked)
    {
        Whole();
        byte[] whole = Idx([2, 2, 2], new byte[8]);
        string name = isPacked ? Images + ".gz" : Images;
        File.Delete(Path.Combine(_folder.Path, Images));
        for (int length = 0; length < whole.Length; length++)
        {
            Write(name, whole[..length]);
            Assert.Contains(name, Error(), StringComparison.Ordinal);
        }

        if (!isPacked) return;
        byte[] packed = File.ReadAllBytes(Write(name, whole));
        foreach (int cut in (int[])[1, 4, 12, packed.Length - 4]) // in the checksum, in the values, in gzip's header
        {
            _folder.Write(name, packed[..^cut]);
            Assert.Contains(name, Error(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_goes_on_is_named(bool isPacked)
    {
        Whole();
        string name = isPacked ? Labels + ".gz" : Labels;
        File.Delete(Path.Combine(_folder.Path, Labels));
        Write(name, [.. Idx([2], [0, 1]), 7]);
        Assert.Contains(name, Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_is_none_or_that_lies_is_refused_before_anything_is_allocated()
    {
        Whole();
        Write(Images, [0, 0, 0x0d, 3, .. Idx([2, 2, 2], new byte[8])[4..]]);
        Assert.Contains("begins with the bytes 00000D03 instead of 00000803, so that it is no IDX file of bytes in 3 dimensions; ", Error(), StringComparison.Ordinal);
        Write(Images, Idx([int.MaxValue / 2, 28, 28], new byte[8]));
        Assert.Contains("has 24 bytes, and its header promises 841813589248;", Error(), StringComparison.Ordinal);
        Write(Images, Idx([2, 0, 2], []));
        Assert.Contains("says in its header that dimension 2 is 0", Error(), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder.Path, Images));
        Write(Images + ".gz", Idx([1 << 20, 100, 100], new byte[8]));
        Assert.Contains("has 24 bytes unpacked, and its header promises 10485760016;", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        Whole();
        Write(Labels, Idx([3], [0, 1, 1]));
        Assert.Contains("has 2 images, and ", Error(), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder.Path, Labels));
        Assert.Contains($"{Labels}' is missing beside '{Images}'; fetch it too.", Error(), StringComparison.Ordinal);
        Write("emnist-test-images-idx3-ubyte", [1]);
        Assert.Contains($"several data sets, emnist-test-images-idx3-ubyte, {Images};", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_such_files_or_that_is_missing_is_refused()
    {
        Assert.Contains("has no file t10k-images-idx3-ubyte", Error(), StringComparison.Ordinal);
        Assert.Contains(
            "does not exist", Assert.Throws<DataException>(() => IdxImages.Load("/no/such/folder", DatasetSplit.Test)).Message, StringComparison.Ordinal);
    }

    private void Whole()
    {
        Write(Images, Idx([2, 2, 2], new byte[8]));
        Write(Labels, Idx([2], [0, 1]));
    }

    private string Error() => Assert.Throws<DataException>(() => IdxImages.Load(_folder.Path, DatasetSplit.Test)).Message;

    private static byte[] Idx(int[] dimensions, byte[] values)
    {
        byte[] header = new byte[4 * (dimensions.Length + 1)];
        (header[2], header[3]) = (8, (byte)dimensions.Length);
        for (int i = 0; i < dimensions.Length; i++) BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 * (i + 1)), dimensions[i]);
        return [.. header, .. values];
    }

    /// <summary>Writes a file, packed where its name says so.</summary>
    private string Write(string name, byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return _folder.Write(name, name.EndsWith(".gz", StringComparison.Ordinal) ? packed.ToArray() : content);
    }
}
