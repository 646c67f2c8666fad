using System.IO.Compression;
using System.Text;
using Retort.Tests.Support;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

public sealed class MistakenFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "the file is empty; copy or download it again.")]
    [InlineData("<!DOCTYPE html>\n<html>", "this is a web page, not a file of saved tensors; the download gave an error page or needs a log-in: fetch it again.")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "this is a git-lfs pointer, not the file itself; run `git lfs pull` where it came from.")]
    [InlineData("data:\n  name: cifar10\n", "this is a text file that begins with \"data:\", not a file of saved tensors; check the path.")]
    [InlineData("PK\x03\x04", "the end of the archive is missing; the file is cut off: copy or download it again.")]
    [InlineData("\x7f" + "ELF\x01\x01\x01\0\0\0\0", "this is neither a .safetensors file nor one of PyTorch's torch.save; check that it is the right file.")]
    public void What_is_no_checkpoint_is_called_by_its_name(string content, string reason)
    {
        string path = _folder.Write("net.pth", Encoding.Latin1.GetBytes(content));
        Assert.Equal($"{path}: {reason}", Assert.Throws<CheckpointException>(() => StateDictReader.Read(path)).Message);
    }

    [Fact]
    public void What_is_packed_or_of_another_library_is_called_by_its_name()
    {
        Assert.Contains("packed with gzip", Fault([0x1f, 0x8b, 8, 0, 0, 0]));
        Assert.Contains("HDF5", Fault([0x89, .. "HDF\r\n"u8, 0x1a, 0x0a]));
        Assert.Contains("a pickle, but not one of torch.save", Fault([0x80, 4, 0x95, 1, 2, 3]));
        Assert.Contains("holds no data.pkl", Fault(PickleBuilder.Archive(CompressionLevel.NoCompression, ("word/document.xml", [1]))));
        Assert.Contains("2 files data.pkl", Fault(PickleBuilder.Archive(CompressionLevel.NoCompression, ("a/data.pkl", [1]), ("b/data.pkl", [1]))));
    }

    [Fact]
    public void A_path_without_a_file_is_said_so()
    {
        string path = Path.Combine(_folder.Path, "none.pth");
        Assert.Equal($"{path}: there is no such file; check the path.", Assert.Throws<CheckpointException>(() => StateDictReader.Read(path)).Message);
        Assert.Contains("there is no such file", Assert.Throws<CheckpointException>(() => StateDictReader.Read("")).Message);
        Assert.Equal(
            $"{_folder.Path}: this is a folder, not a file of saved tensors; name a file in it.",
            Assert.Throws<CheckpointException>(() => StateDictReader.Read(_folder.Path)).Message);
    }

    [Theory]
    [InlineData("training.pth")]
    [InlineData("training-legacy.pth")]
    [InlineData("scripted.pt")]
    public void A_file_cut_off_anywhere_is_refused(string name)
    {
        byte[] whole = File.ReadAllBytes(Fixture.Path(name));
        for (int length = 1; length < whole.Length; length += 7)
        {
            byte[] part = whole[..length];
            Assert.Throws<CheckpointException>(() => StateDictReader.Open(CheckpointSource.Over(part, name)).Load());
        }
    }

    [Fact]
    public void The_other_readers_say_who_reads_a_file()
    {
        string safetensors = Path.Combine(_folder.Path, "t.safetensors");
        Safetensors.Write(safetensors, []);
        Assert.Contains("read it with StateDictReader", Assert.Throws<CheckpointException>(() => PytorchCheckpoint.Read(safetensors)).Message);
        Assert.Contains("read it with StateDictReader", Assert.Throws<CheckpointException>(() => Safetensors.Read(Fixture.Path("types.pth"))).Message);
        Assert.Contains("this is a TorchScript network", Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("scripted.pt"))).Message);
    }

    private string Fault(byte[] content) =>
        Assert.Throws<CheckpointException>(() => StateDictReader.Read(_folder.Write("net.pth", content))).Message;
}
