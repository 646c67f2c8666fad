using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Retort.Training.Runs;

namespace Retort.Training.Data.Fetching;

/// <summary>
/// Brings a file from the web into a folder. What has come is kept beside it (.part) until the whole is there and has the right checksum; a
/// connection that breaks is taken up again where it broke, in this process or a later one, as far as the server can.
/// </summary>
/// <param name="http">The connection.</param>
/// <param name="file">The file, and where it is fetched from.</param>
/// <param name="folder">Where it goes; exists.</param>
/// <param name="progress">Is told how many bytes are there.</param>
internal sealed class FileDownload(HttpClient http, RemoteFile file, string folder, Action<long>? progress)
{
    private const int Attempts = 5; // in a row that bring nothing new

    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    /// <summary>How long to wait after the first attempt that failed; after each further one it is twice as long.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>Fetches the file unless it is there.</summary>
    /// <param name="cancel">Stops; what has come stays for the next time.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="FetchException">It cannot be had, or has not the content it should have.</exception>
    public string Run(CancellationToken cancel)
    {
        string path = Path.Combine(folder, file.Name), beside = path + ".part";
        if (File.Exists(path)) File.Move(path, beside, overwrite: true); // is checked again: another data set has files of the same names
        using (FileStream part = Open(beside))
        {
            bool isResumed = part.Length > 0;
            Receive(part, cancel);
            if (!IsRight(part) && isResumed)
            {
                part.SetLength(0); // the rest of another file, perhaps
                Receive(part, cancel);
            }

            if (!IsRight(part))
            {
                part.SetLength(0);
                throw new FetchException(
                    $"'{file.Url}' does not have the content that it should have (its SHA-256 is not {file.Sha256}): it was damaged on its way, or is "
                    + "another file; try again, or name another place with --mirror.");
            }

            part.Flush(flushToDisk: true);
        }

        File.Move(beside, path);
        return path;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new FetchException($"'{path}' cannot be opened ({taken.Message.TrimEnd('.')}); if another process is fetching the same data, wait for it.", taken);
        }
    }

    private bool IsRight(FileStream part)
    {
        if (part.Length != file.Bytes) return false;
        part.Position = 0;
        return Convert.ToHexString(SHA256.HashData(part)).Equals(file.Sha256, StringComparison.OrdinalIgnoreCase);
    }

    private void Receive(FileStream part, CancellationToken cancel)
    {
        if (part.Length > file.Bytes) part.SetLength(0);
        long most = part.Length;
        int failures = 0;
        while (part.Length < file.Bytes)
        {
            string? reason = Attempt(part, cancel);
            cancel.ThrowIfCancellationRequested();
            if (part.Length == file.Bytes) return;
            failures = part.Length > most ? 1 : failures + 1; // a server that always begins anew must not go on for ever
            most = Math.Max(most, part.Length);
            if (failures >= Attempts)
            {
                throw new FetchException(
                    $"'{file.Url}' could not be fetched ({reason ?? "the connection ended"}); {DiskSpace.Size(part.Length)} of {DiskSpace.Size(file.Bytes)} "
                    + "are here, and the same command goes on from there.");
            }

            cancel.WaitHandle.WaitOne(Pause * (1 << (failures - 1)));
        }
    }

    /// <summary>One request for what is missing. Returns why it ended early, where that is known.</summary>
    private string? Attempt(FileStream part, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
        if (part.Length > 0) request.Headers.Range = new RangeHeaderValue(part.Length, null);
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            stall.CancelAfter(Stall);
            using HttpResponseMessage response = http.Send(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
            if (Refusal(response, part) is { } refusal) return refusal;
            using Stream body = response.Content.ReadAsStream(stall.Token);
            return Copy(body, part, stall, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"nothing came for {Stall.TotalSeconds:0} seconds";
        }
        catch (HttpRequestException failure)
        {
            return failure.Message.TrimEnd('.');
        }
    }

    /// <summary>Readies the file for what the server sends. Returns why it sends nothing that could be used, where another attempt may help.</summary>
    private string? Refusal(HttpResponseMessage response, FileStream part)
    {
        HttpStatusCode status = response.StatusCode;
        ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
        if (status == HttpStatusCode.RequestedRangeNotSatisfiable || (status == HttpStatusCode.PartialContent && range?.From != part.Length))
        {
            part.SetLength(0);
            return "the server has no such part of the file";
        }

        if (status is HttpStatusCode.OK or HttpStatusCode.PartialContent)
        {
            if (status == HttpStatusCode.OK) part.SetLength(0); // a server that knows no parts sends all of it
            if ((status == HttpStatusCode.OK ? response.Content.Headers.ContentLength : range?.Length) is { } bytes && bytes != file.Bytes)
                throw new FetchException($"'{file.Url}' has {bytes} bytes there, and {file.Name} has {file.Bytes}: it is another file; name another place with --mirror.");
            return null;
        }

        string answer = $"the server answers {(int)status} {response.ReasonPhrase}";
        if ((int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout) return answer;
        throw new FetchException($"'{file.Url}' cannot be fetched: {answer}; check the address, or name another place with --mirror.");
    }

    private string? Copy(Stream body, FileStream part, CancellationTokenSource stall, CancellationToken cancel)
    {
        byte[] buffer = new byte[1 << 16];
        part.Position = part.Length;
        while (true)
        {
            int count;
            try
            {
                stall.CancelAfter(Stall);
                count = body.ReadAsync(buffer, stall.Token).AsTask().GetAwaiter().GetResult(); // a reading without token would wait for ever
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException)
            {
                cancel.ThrowIfCancellationRequested();
                return failure.Message.TrimEnd('.');
            }

            if (count == 0) return null;
            if (part.Length + count > file.Bytes)
            {
                part.SetLength(0);
                throw new FetchException($"'{file.Url}' sends more than the {file.Bytes} bytes that {file.Name} has: it is another file; name another place with --mirror.");
            }

            part.Write(buffer.AsSpan(0, count));
            progress?.Invoke(part.Length);
        }
    }
}
