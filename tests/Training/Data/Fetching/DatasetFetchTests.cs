using Retort.Tests.Support;
using Retort.Training.Data.Fetching;

namespace Retort.Tests.Training.Data.Fetching;

public sealed class DatasetFetchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FileServer _server = new();
    private readonly FetchableDataset _dataset;
    private readonly int _length;

    public DatasetFetchTests()
    {
        _dataset = SampleDataset.On(_server);
        _length = (int)_dataset.Bytes;
    }

    [Fact]
    public void A_data_set_is_downloaded_unpacked_and_then_there()
    {
        List<long> progress = [];
        Assert.True(Fetch(progress: (_, bytes) => progress.Add(bytes)));
        RequireWhole();
        Assert.Equal(_length, progress[^1]);
        Assert.Equal(progress.Order(), progress);
        Assert.False(Fetch());
        Assert.Equal([0], _server.Starts);
    }

    [Fact]
    public void A_connection_that_breaks_is_taken_up_where_it_broke()
    {
        _server.Breaks.Enqueue(0);
        _server.Breaks.Enqueue(30_000);
        _server.Breaks.Enqueue(1);
        Fetch();
        RequireWhole();
        Assert.Equal([0, 0, 30_000, 30_001], _server.Starts);
    }

    [Fact]
    public void What_was_downloaded_serves_the_next_time()
    {
        using var cancel = new CancellationTokenSource();
        _server.Breaks.Enqueue(30_000);
        _server.Breaks.Enqueue(20_000);
        Assert.ThrowsAny<OperationCanceledException>(() => Fetch(
            progress: (_, bytes) =>
            {
                if (bytes >= 50_000) cancel.Cancel();
            },
            cancel: cancel.Token));
        Assert.False(Directory.Exists(In("data")));
        _server.Starts.Clear();
        Fetch();
        RequireWhole();
        Assert.Equal([50_000], _server.Starts);
    }

    [Fact]
    public void A_server_without_parts_is_asked_for_the_whole_again()
    {
        _server.KnowsRanges = false;
        _server.Breaks.Enqueue(30_000);
        Fetch();
        RequireWhole();
        Assert.Equal(2, _server.Starts.Count);
    }

    [Fact]
    public void A_server_that_always_breaks_off_at_the_same_place_is_given_up()
    {
        _server.KnowsRanges = false;
        for (int i = 0; i < 50; i++) _server.Breaks.Enqueue(30_000);
        string message = Assert.Throws<FetchException>(() => Fetch()).Message;
        Assert.StartsWith($"'{_server.Address}{SampleDataset.Archive}' could not be fetched (", message, StringComparison.Ordinal);
        Assert.EndsWith("are here, and the same command goes on from there.", message, StringComparison.Ordinal);
        Assert.InRange(_server.Starts.Count, 2, 10);
    }

    [Fact]
    public void A_rest_of_another_file_is_thrown_away()
    {
        Directory.CreateDirectory(In("data.download"));
        File.WriteAllBytes(In("data.download", SampleDataset.Archive + ".part"), new byte[5000]);
        Fetch();
        RequireWhole();
        Assert.Equal([5000, 0], _server.Starts);
        Directory.Delete(In("data"), recursive: true);
        Directory.CreateDirectory(In("data.download"));
        File.WriteAllBytes(In("data.download", SampleDataset.Archive + ".part"), new byte[2 * _length]);
        Fetch();
        RequireWhole();
    }

    [Fact]
    public void A_file_of_another_data_set_with_the_same_name_is_not_taken_for_it()
    {
        Directory.CreateDirectory(In("data.download"));
        File.WriteAllBytes(In("data.download", SampleDataset.Archive), new byte[_length]);
        Fetch();
        RequireWhole();
    }

    [Fact]
    public void A_wrong_checksum_is_told_and_nothing_of_the_file_is_used()
    {
        _server.Files[SampleDataset.Archive][_length / 2] ^= 1;
        string message = Assert.Throws<FetchException>(() => Fetch()).Message;
        Assert.StartsWith($"'{_server.Address}{SampleDataset.Archive}' does not have the content that it should have (its SHA-256 is not ", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("data")));
        _server.Files[SampleDataset.Archive][_length / 2] ^= 1;
        Fetch();
        RequireWhole();
        Assert.Equal([0, 0], _server.Starts);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_file_of_another_size_is_refused_before_it_is_downloaded(int more)
    {
        _server.Files[SampleDataset.Archive] = new byte[_length + more];
        Assert.Contains($"has {_length + more} bytes there, and {SampleDataset.Archive} has {_length}: it is another file", Assert.Throws<FetchException>(() => Fetch()).Message);
    }

    [Theory]
    [InlineData("404 Not Found", 1)]
    [InlineData("503 Service Unavailable", 5)]
    public void What_the_server_answers_is_told_and_asked_again_only_where_that_may_help(string status, int requests)
    {
        _server.Status = status;
        Assert.Contains($"the server answers {status}", Assert.Throws<FetchException>(() => Fetch()).Message);
        Assert.Equal(requests, _server.Starts.Count);
    }

    [Fact]
    public void A_server_that_is_not_there_is_told()
    {
        Uri nobody;
        using (var gone = new FileServer()) nobody = gone.Address;
        Assert.Contains(
            $"'{nobody}{SampleDataset.Archive}' could not be fetched (",
            Assert.Throws<FetchException>(() => new DatasetFetch(_dataset, In("data")) { Mirror = nobody, Pause = TimeSpan.Zero }.Run()).Message);
    }

    [Fact]
    public void A_mirror_is_asked_for_files_of_the_same_names()
    {
        FetchableDataset elsewhere = _dataset with { Files = [_dataset.Files[0] with { Url = new Uri($"http://example.invalid/a/{SampleDataset.Archive}") }] };
        new DatasetFetch(elsewhere, In("data")) { Mirror = _server.Address, Pause = TimeSpan.Zero }.Run();
        RequireWhole();
    }

    [Fact]
    public void Files_that_are_no_archives_are_kept_as_they_are()
    {
        FetchableDataset plain = _dataset with { Contents = new Dictionary<string, long>() { ["plain.gz"] = _length }, Files = [_dataset.Files[0] with { Url = new Uri(_server.Address, "plain.gz") }] };
        _server.Files["plain.gz"] = _server.Files[SampleDataset.Archive];
        new DatasetFetch(plain, In("data")) { Pause = TimeSpan.Zero }.Run();
        Assert.Equal(_server.Files["plain.gz"], File.ReadAllBytes(In("data", "plain.gz")));
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_left_alone()
    {
        Directory.CreateDirectory(In("data"));
        File.WriteAllText(In("data", "mine.txt"), "mine");
        var refused = Assert.Throws<RetortException>(() => Fetch());
        Assert.True(refused.WrongUse);
        Assert.Contains("holds something else than sample: choose another folder with --to.", refused.Message);
        Assert.Equal("mine", File.ReadAllText(In("data", "mine.txt")));
        Assert.Empty(_server.Starts);
    }

    [Fact]
    public void What_can_be_fetched_has_names_sizes_and_checksums_that_could_be()
    {
        Assert.Equal(["cifar10", "cifar100", "mnist", "fashion-mnist"], DatasetCatalog.All.Select(dataset => dataset.Name));
        RemoteFile[] files = [.. DatasetCatalog.All.SelectMany(dataset => dataset.Files)];
        Assert.All(files, file => Assert.Equal(32, Convert.FromHexString(file.Sha256).Length));
        Assert.Equal(files.Length, files.Select(file => file.Sha256).Distinct().Count());
        Assert.All(DatasetCatalog.All, dataset => Assert.InRange(dataset.Contents.Values.Sum(), dataset.Bytes, dataset.MostUnpacked));
    }

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    private string In(params string[] parts) => Path.Combine([_folder.Path, .. parts]);

    private bool Fetch(Action<RemoteFile, long>? progress = null, CancellationToken cancel = default) =>
        new DatasetFetch(_dataset, In("data")) { Progress = progress, Pause = TimeSpan.Zero }.Run(cancel);

    private void RequireWhole()
    {
        Assert.Equal(SampleDataset.Bytes, File.ReadAllBytes(In("data", SampleDataset.Content)));
        Assert.False(Directory.Exists(In("data.download")));
    }
}
