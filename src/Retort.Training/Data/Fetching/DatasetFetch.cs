using System.Net.Http.Headers;
using Retort.Training.Runs;

namespace Retort.Training.Data.Fetching;

/// <summary>Fetches a data set: downloads its files, checks them, unpacks them, and puts the whole into its place at once.</summary>
/// <param name="dataset">Which.</param>
/// <param name="folder">Its folder, which must not exist, be empty, or hold the data set already.</param>
public sealed class DatasetFetch(FetchableDataset dataset, string folder)
{
    /// <summary>The address of a folder with the same files, in place of their publisher's; null (the default): the publisher's.</summary>
    public Uri? Mirror { get; init; }

    /// <summary>Is told of a file how many of its bytes are there, on the calling thread.</summary>
    public Action<RemoteFile, long>? Progress { get; init; }

    /// <summary>How long to wait before a connection that broke is taken up again.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where downloads wait until all are there; gone when they are.</summary>
    internal string Downloads => Path.TrimEndingDirectorySeparator(folder) + ".download";

    /// <summary>Fetches what is not there.</summary>
    /// <param name="cancel">Stops; what was downloaded stays for the next time.</param>
    /// <returns>False where it was there already.</returns>
    /// <exception cref="FetchException">It cannot be had, or is not what it should be.</exception>
    /// <exception cref="RetortException">The folder holds something else, or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public bool Run(CancellationToken cancel = default)
    {
        if (dataset.IsIn(folder)) return false;
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new RetortException($"'{folder}' holds something else than {dataset.Name}: choose another folder with --to.") { WrongUse = true };
        try
        {
            Directory.CreateDirectory(Downloads);
            string[] files = Download(cancel);
            NewFolder.Write(folder, next =>
            {
                foreach (string file in files)
                {
                    if (file.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase))
                        ArchiveUnpacking.Unpack(file, next, dataset.MostUnpacked, cancel);
                    else
                        File.Copy(file, Path.Combine(next, Path.GetFileName(file)));
                }
            });
            Directory.Delete(Downloads, recursive: true);
            return true;
        }
        catch (IOException full) when (DiskSpace.IsFull(full))
        {
            throw new DiskFullException(Downloads, full);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RetortException($"'{Downloads}' cannot be written ({failure.Message.TrimEnd('.')}): check that its folder exists and may be written.", failure);
        }
    }

    private string[] Download(CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30) };
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }; // a download sets its own
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("retort", typeof(DatasetFetch).Assembly.GetName().Version!.ToString(3)));
        List<string> files = [];
        foreach (RemoteFile file in dataset.Files.Select(file => file.At(Mirror)))
        {
            var download = new FileDownload(http, file, Downloads, bytes => Progress?.Invoke(file, bytes)) { Pause = Pause };
            files.Add(download.Run(cancel));
        }

        return [.. files];
    }
}
