using System.Formats.Tar;
using Retort.Tests.Support;
using Retort.Training.Data.Fetching;

namespace Retort.Tests.Training.Data.Fetching;

/// <summary>Archives that want more than to put files into a folder.</summary>
public sealed class ArchiveUnpackingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FileServer _server = new();

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Files_and_folders_are_unpacked()
    {
        Fetch(SampleDataset.Tar(tar =>
        {
            SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.Directory, "a/"));
            SampleDataset.Add(tar, new UstarTarEntry(TarEntryType.RegularFile, "./a/one"), [1]);
            SampleDataset.Add(tar, new GnuTarEntry(TarEntryType.RegularFile, "b/" + new string('x', 150)), [2]);
            SampleDataset.Add(tar, new V7TarEntry(TarEntryType.V7RegularFile, "empty"));
        }));
        Assert.Equal([1], File.ReadAllBytes(In("data", "a", "one")));
        Assert.Equal([2], File.ReadAllBytes(In("data", "b", new string('x', 150))));
        Assert.Equal([], File.ReadAllBytes(In("data", "empty")));
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("a/../../escaped")]
    [InlineData("a/../b")]
    [InlineData("..")]
    [InlineData("/tmp/retort-escaped")]
    [InlineData("a\\..\\..\\escaped")]
    public void Paths_that_lead_out_are_refused(string path)
    {
        foreach (TarEntryType type in (TarEntryType[])[TarEntryType.RegularFile, TarEntryType.Directory])
        {
            Refused(
                $", entry '{path}' cannot be unpacked: its path leads out of the folder; ", tar => SampleDataset.Add(
                    tar, new PaxTarEntry(type, path), type == TarEntryType.RegularFile ? [1] : null));
        }

        Assert.False(File.Exists("/tmp/retort-escaped"));
    }

    [Fact]
    public void Links_are_refused_so_that_nothing_is_written_through_them()
    {
        Refused("it is a SymbolicLink, and only files and folders are unpacked", tar =>
        {
            SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.SymbolicLink, "out") { LinkName = _folder.Path });
            SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "out/escaped"), [1]);
        });
        Refused("it is a HardLink, and only", tar => SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.HardLink, "x") { LinkName = "/etc/hostname" }));
        Refused("it is a Fifo, and only", tar => SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.Fifo, "x")));
    }

    [Fact]
    public void A_second_file_of_one_name_is_refused() => Refused("there is something of that name already", tar =>
    {
        SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "x"), [1]);
        SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "./x"), [2]);
    });

    [Theory]
    [InlineData("a file")]
    [InlineData("many folders")]
    [InlineData("a comment")]
    public void A_bomb_is_stopped_when_it_has_unpacked_to_the_limit(string kind) => Refused("it unpacks to more than 1048576 bytes", tar =>
    {
        if (kind == "a file")
            SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "x"), new byte[2 << 20]);
        if (kind == "a comment")
            SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "x", new Dictionary<string, string> { ["comment"] = new string(' ', 2 << 20) }));
        for (int i = 0; kind == "many folders" && i < 3000; i++)
            SampleDataset.Add(tar, new UstarTarEntry(TarEntryType.Directory, "same"));
    });

    [Fact]
    public void A_damaged_archive_is_refused()
    {
        byte[] whole = SampleDataset.Tar(tar => SampleDataset.Add(tar, new PaxTarEntry(TarEntryType.RegularFile, "x"), SampleDataset.Bytes));
        Refused("cannot be unpacked", whole[..^5000]);
        Refused("cannot be unpacked", [1, 2, 3, .. whole]);
    }

    private string In(params string[] parts) => Path.Combine([_folder.Path, .. parts]);

    private void Fetch(byte[] archive) => new DatasetFetch(SampleDataset.On(_server, archive), In("data")) { Pause = TimeSpan.Zero }.Run();

    private void Refused(string reason, Action<TarWriter> write) => Refused(reason, SampleDataset.Tar(write));

    /// <summary>The archive is refused for the reason, and there is nothing of it, neither in the folder nor outside.</summary>
    private void Refused(string reason, byte[] archive)
    {
        string message = Assert.Throws<FetchException>(() => Fetch(archive)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains(In("data.download", SampleDataset.Archive), message, StringComparison.Ordinal);
        Assert.Equal([In("data.download")], Directory.GetFileSystemEntries(_folder.Path));
        Directory.Delete(In("data.download"), recursive: true);
    }
}
