using Retort.Tests.Support;
using Retort.Vision.Datasets;

namespace Retort.Tests.Vision.Datasets;

public sealed class CifarBinaryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cifar10_batches_are_read_in_order_and_interleaved()
    {
        for (var i = 1; i <= 5; i++) _folder.Write($"data_batch_{i}.bin", [.. Record([(byte)i]), .. Record([(byte)(i + 4)])]);
        var data = CifarBinary.Load(_folder.Path, DatasetSplit.Training);
        Assert.Equal([1, 5, 2, 6, 3, 7, 4, 8, 5, 9], data.Labels.ToArray());
        Assert.Equal("automobile", data.Classes[1]);
        Assert.Equal("data_batch_2.bin[1]", data.Source(3));
        var pixels = data.Pixels(3);
        for (var i = 0; i < 1024; i++)
        {
            Assert.Equal((byte)i, pixels[3 * i]);
            Assert.Equal((byte)(i + 1), pixels[(3 * i) + 1]);
            Assert.Equal((byte)(i + 2), pixels[(3 * i) + 2]);
        }
    }

    [Fact]
    public void Cifar100_has_the_fine_labels()
    {
        _folder.Write("cifar-100-binary/test.bin", [.. Record([3, 99]), .. Record([4, 0])]);
        var data = CifarBinary.Load(_folder.Path, DatasetSplit.Test);
        Assert.Equal([99, 0], data.Labels.ToArray());
        Assert.Equal(100, data.Classes.Count);
        Assert.Equal(100, data.Classes.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(("apple", "worm"), (data.Classes[0], data.Classes[99]));
    }

    [Fact]
    public void Class_names_come_from_the_meta_file()
    {
        _folder.Write("test_batch.bin", Record([0]));
        File.WriteAllText(Path.Combine(_folder.Path, "batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        Assert.Equal("j", CifarBinary.Load(_folder.Path, DatasetSplit.Test).Classes[9]);
        File.WriteAllText(Path.Combine(_folder.Path, "batches.meta.txt"), "a\n");
        Assert.Contains("has 1 names instead of 10", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_a_wrong_size_is_refused()
    {
        var file = _folder.Write("test_batch.bin", Record([0])[..^1]);
        Assert.Equal(
            $"CIFAR file '{file}' has 3072 bytes, which is not a whole number of 3073-byte records; unpack or fetch it again.", Error());
        _folder.Write("test_batch.bin", []);
        Assert.Contains("has 0 bytes", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_out_of_range_is_refused()
    {
        _folder.Write("test_batch.bin", [.. Record([9]), .. Record([10])]);
        Assert.Contains("has label 10 in record 1, and cifar10 has labels 0 to 9", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_batch_is_named()
    {
        _folder.Write("data_batch_1.bin", Record([0]));
        var message = Assert.Throws<DataException>(() => CifarBinary.Load(_folder.Path, DatasetSplit.Training)).Message;
        Assert.Contains("data_batch_2.bin' is missing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_cifar_files_is_refused() => Assert.Contains("has neither test_batch.bin", Error(), StringComparison.Ordinal);

    private static byte[] Record(byte[] labels)
    {
        var planes = new byte[3072];
        for (var i = 0; i < planes.Length; i++) planes[i] = (byte)((i % 1024) + (i / 1024));
        return [.. labels, .. planes];
    }

    private string Error() => Assert.Throws<DataException>(() => CifarBinary.Load(_folder.Path, DatasetSplit.Test)).Message;
}
