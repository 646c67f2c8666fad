using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class AtomicFolderTests : InTemporaryFolder
{
    private string Last => In("checkpoints", "last");

    private static void Make(string folder, string content)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "state.json"), content);
    }

    private static string Read(string folder) => File.ReadAllText(Path.Combine(folder, "state.json"));

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(In("checkpoints")).Select(p => Path.GetFileName(p)!).Order()];

    [Fact]
    public void A_folder_is_written_and_replaced_whole()
    {
        AtomicFolder.Write(Last, folder =>
        {
            Make(folder, "1");
            Make(Path.Combine(folder, "inner"), "1");
        });
        AtomicFolder.Write(Last + Path.DirectorySeparatorChar, folder => Make(folder, "2"));
        Assert.Equal("2", Read(Last));
        Assert.False(Directory.Exists(Path.Combine(Last, "inner")));
        Assert.Equal(["last"], Names());
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_folder()
    {
        Make(Last, "1");
        Assert.Throws<InvalidOperationException>(() => AtomicFolder.Write(Last, folder =>
        {
            Make(folder, "2");
            throw new InvalidOperationException();
        }));
        Assert.Equal("1", Read(Last));
        Assert.Equal(["last"], Names());
    }

    // Every set of folders that a kill can leave, and what is to be read then.
    [Theory]
    [InlineData("", "", "", null)]
    [InlineData("1", "", "", "1")]
    [InlineData("1", "2", "", "1")]
    [InlineData("", "2", "", null)]
    [InlineData("", "2", "1", "2")]
    [InlineData("2", "", "1", "2")]
    [InlineData("", "", "1", "1")]
    public void Whenever_the_process_is_killed_a_whole_folder_is_found(string last, string next, string old, string? expected)
    {
        Directory.CreateDirectory(In("checkpoints"));
        foreach (var (suffix, content) in new[] { ("", last), (".tmp", next), (".old", old) })
        {
            if (content.Length > 0)
                Make(Last + suffix, content);
        }

        Assert.Equal(expected, AtomicFolder.Find(Last) is { } found ? Read(found) : null);
        Assert.Equal(expected is not null, AtomicFolder.Recover(Last));
        Assert.Equal(expected is null ? [] : ["last"], Names());
        Assert.Equal(expected, expected is null ? null : Read(Last));

        AtomicFolder.Write(Last, folder => Make(folder, "3"));
        Assert.Equal("3", Read(Last));
        Assert.Equal(["last"], Names());
    }

    [Fact]
    public void What_was_replaced_can_be_kept_also_after_a_kill_before_it_was_put_away()
    {
        Make(Last, "2");
        Make(Last + ".old", "1");
        AtomicFolder.Write(Last, folder => Make(folder, "3"), old => Directory.Move(old, $"{Last}-{Read(old)}"));
        Assert.Equal(["last", "last-1", "last-2"], Names());
        Assert.Equal(("3", "1", "2"), (Read(Last), Read(Last + "-1"), Read(Last + "-2")));
    }

    [Fact]
    public void A_deleted_folder_leaves_nothing()
    {
        foreach (string suffix in (string[])["", ".tmp", ".old"])
            Make(Last + suffix, "1");
        AtomicFolder.Delete(Last);
        Assert.Empty(Names());
        AtomicFolder.Delete(Last);
    }

    [NeedsSmallDiskFact]
    public void A_full_disk_leaves_the_old_folder()
    {
        using var disk = new SmallDisk(In("checkpoints"));
        AtomicFolder.Write(Last, folder => Make(folder, "1"));
        Assert.Throws<DiskFullException>(() => AtomicFolder.Write(Last, folder => Make(folder, new string('2', 1 << 20))));
        Assert.Equal("1", Read(Last));
        Assert.Equal(["last"], Names());
    }
}
