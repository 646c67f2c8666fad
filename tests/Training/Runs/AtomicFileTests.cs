using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class AtomicFileTests : InTemporaryFolder
{
    [Fact]
    public void A_file_is_written_and_replaced_and_nothing_is_left_beside_it()
    {
        AtomicFile.WriteText(In("a.txt"), "old and longer");
        AtomicFile.WriteText(In("a.txt"), "new");
        Assert.Equal("new", File.ReadAllText(In("a.txt")));
        Assert.Equal([In("a.txt")], Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file()
    {
        AtomicFile.WriteText(In("a.txt"), "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(In("a.txt"), stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(In("a.txt")));
        Assert.Equal([In("a.txt")], Directory.EnumerateFileSystemEntries(Folder));
    }

    [Fact]
    public void What_a_kill_left_beside_the_file_is_replaced()
    {
        File.WriteAllText(In("a.txt.tmp"), "half of something that was much longer");
        AtomicFile.WriteText(In("a.txt"), "new");
        Assert.Equal("new", File.ReadAllText(In("a.txt")));
        Assert.False(File.Exists(In("a.txt.tmp")));
    }

    [NeedsSmallDiskFact]
    public void A_full_disk_is_one_clear_sentence_and_leaves_the_old_file()
    {
        using var disk = new SmallDisk(In("disk"));
        var path = In("disk", "student.safetensors");
        AtomicFile.WriteText(path, "old");
        var failure = Assert.Throws<DiskFullException>(() => AtomicFile.Write(path, stream => stream.Write(new byte[1 << 20])));
        Assert.Matches($"^'{path}' cannot be written, the disk is full \\([0-9.]+ (KiB|bytes) left\\): free some space on it, or choose another folder\\.$", failure.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(disk.Path));
    }
}
