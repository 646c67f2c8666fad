using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Retort.Tests.Support;

/// <summary>A web server on this machine that has a few files, and the faults of servers on request.</summary>
internal sealed class FileServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Thread _thread;

    public FileServer()
    {
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Files by name.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>How many bytes of a body are sent before the connection breaks, request by request; afterwards all are.</summary>
    public Queue<int> Breaks { get; } = new();

    /// <summary>Whether it sends parts of a file.</summary>
    public bool KnowsRanges { get; set; } = true;

    /// <summary>What it answers to everything; null: what was asked for.</summary>
    public string? Status { get; set; }

    /// <summary>The bytes at which the requests wanted to begin.</summary>
    public List<long> Starts { get; } = [];

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void Dispose()
    {
        _listener.Stop();
        _thread.Join();
    }

    private void Serve()
    {
        while (Accept() is { } client)
        {
            using (client)
            {
                try
                {
                    Answer(client.GetStream());
                }
                catch (IOException)
                {
                    // the client went away
                }
            }
        }
    }

    private TcpClient? Accept()
    {
        try
        {
            return _listener.AcceptTcpClient();
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            return null; // while it waited, or before
        }
    }

    private void Answer(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        string name = reader.ReadLine()?.Split(' ')[1].TrimStart('/') ?? "";
        long start = 0;
        while (reader.ReadLine() is { Length: > 0 } header)
        {
            if (header.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase))
                start = long.Parse(header["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        }

        Starts.Add(start);
        byte[]? file = Files.GetValueOrDefault(name);
        bool isPart = KnowsRanges && start > 0;
        string status = Status ?? (file is null ? "404 Not Found" : isPart && start >= file.Length ? "416 Range Not Satisfiable" : isPart ? "206 Partial Content" : "200 OK");
        byte[] body = status[0] == '2' ? file![(isPart ? (int)start : 0)..] : [];
        string range = isPart && body.Length > 0 ? $"Content-Range: bytes {start}-{file!.Length - 1}/{file.Length}\r\n" : "";
        stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\n{range}Connection: close\r\n\r\n"));
        int sent = body.Length > 0 && Breaks.TryDequeue(out int most) ? Math.Min(most, body.Length) : body.Length;
        stream.Write(body.AsSpan(0, sent));
    }
}
