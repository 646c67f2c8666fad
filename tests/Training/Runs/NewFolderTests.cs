using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

public sealed class NewFolderTests : InTemporaryFolder
{
    [Fact]
    public void A_folder_comes_whole_and_leaves_its_neighbours_alone()
    {
        string[] neighbours = [In("above", "data.old"), In("above", "data.tmp")];
        foreach (string neighbour in neighbours)
            Directory.CreateDirectory(neighbour);

        NewFolder.Write(In("above", "data"), draft =>
        {
            Assert.False(Directory.Exists(In("above", "data")));
            Directory.CreateDirectory(Path.Combine(draft, "a"));
            File.WriteAllText(Path.Combine(draft, "a", "one"), "1");
        });

        Assert.Equal("1", File.ReadAllText(In("above", "data", "a", "one")));
        Assert.Equal([In("above", "data"), .. neighbours], Directory.GetFileSystemEntries(In("above")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_fails_leaves_nothing()
    {
        Directory.CreateDirectory(In("data"));
        Assert.Throws<OperationCanceledException>(() => NewFolder.Write(In("data"), draft =>
        {
            File.WriteAllText(Path.Combine(draft, "half"), "");
            throw new OperationCanceledException();
        }));
        Assert.Equal([In("data")], Directory.GetFileSystemEntries(Folder));
        Assert.Empty(Directory.GetFileSystemEntries(In("data")));
    }

    [Fact]
    public void A_place_where_something_is_is_refused_also_when_it_came_meanwhile()
    {
        File.WriteAllText(In("file"), "");
        Directory.CreateDirectory(In("full", "inner"));
        NewFolder.RequireFree(In("none"), "take another");
        Assert.Equal($"'{In("file")}' is a file: take another.", Assert.Throws<RetortException>(() => NewFolder.RequireFree(In("file"), "take another")).Message);
        Assert.Equal($"'{In("full")}' is not empty: take another.", Assert.Throws<RetortException>(() => NewFolder.RequireFree(In("full"), "take another")).Message);
        Assert.StartsWith($"'{In("full")}' cannot be written", Assert.Throws<RetortException>(() => NewFolder.Write(In("full"), _ => { })).Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(In("full", "inner")));
    }
}
