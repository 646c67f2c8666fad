using System.Runtime.InteropServices;
using Retort.Torch.Native;

namespace Retort.Torch.Distributed;

/// <summary>Where the processes of a group meet: texts by key, which all of them see. Safe to use from several threads.</summary>
public sealed unsafe class Store : IDisposable
{
    private nint _handle;

    private Store(nint handle) => _handle = handle;

    /// <summary>Whether this build has process groups: the bridge was compiled with gloo's headers.</summary>
    public static bool IsAvailable => (Bridge.retort_distributed_available() & 1) != 0;

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>A store that one process serves over TCP. Waits until all processes are there.</summary>
    /// <param name="host">Name or address of the serving process's machine.</param>
    /// <param name="port">1 to 65535; free on that machine.</param>
    /// <param name="worldSize">Number of processes.</param>
    /// <param name="isServer">Whether this process serves.</param>
    /// <param name="timeout">How long to wait for the others.</param>
    /// <exception cref="ProcessGroupException">Not all processes came in time, or the port is taken.</exception>
    public static Store Tcp(string host, int port, int worldSize, bool isServer, TimeSpan timeout)
    {
        RequireAvailable();
        nint handle;
        try
        {
            Bridge.Check(Bridge.retort_store_tcp(host, port, worldSize, isServer ? 1 : 0, Milliseconds(timeout), &handle));
        }
        catch (TorchException e)
        {
            throw new ProcessGroupException(
                "meeting",
                $"Not all of the {worldSize} processes met at {host}:{port} within {Figure(timeout)} ({FirstLine(e)}): look whether each was started and has not failed, "
                + (isServer ? $"and whether port {port} is free here." : $"and whether {host}:{port} can be reached from here."),
                e);
        }

        return new Store(handle);
    }

    /// <summary>A store in a file that all processes see.</summary>
    /// <param name="path">The file; it is made where it is missing, and must not be left from an earlier group.</param>
    /// <param name="worldSize">Number of processes.</param>
    public static Store File(string path, int worldSize)
    {
        RequireAvailable();
        Make(path);
        nint handle;
        Bridge.Check(Bridge.retort_store_file(path, worldSize, &handle));
        return new Store(handle);
    }

    /// <summary>The same store with keys of its own; this one may be closed before it.</summary>
    /// <param name="prefix">What tells its keys from others.</param>
    public Store WithPrefix(string prefix)
    {
        nint handle;
        Bridge.Check(Bridge.retort_store_prefixed(Handle, prefix, &handle));
        return new Store(handle);
    }

    /// <summary>Sets a text.</summary>
    /// <exception cref="TorchException">The store cannot be reached.</exception>
    public void Set(string key, string text) => Bridge.Check(Bridge.retort_store_set(Handle, key, text));

    /// <summary>Reads a text without waiting for it; null where nobody has set it.</summary>
    /// <exception cref="TorchException">The store cannot be reached.</exception>
    public string? Get(string key)
    {
        byte* text;
        Bridge.Check(Bridge.retort_store_get(Handle, key, &text));
        return Marshal.PtrToStringUTF8((nint)text);
    }

    /// <summary>Closes the store. The serving process closes it last.</summary>
    public void Dispose() => Bridge.retort_store_free(Interlocked.Exchange(ref _handle, 0));

    /// <summary>Leaves the store open for good, as calls are in it that do not return.</summary>
    internal void Abandon() => Interlocked.Exchange(ref _handle, 0);

    internal static long Milliseconds(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return (long)Math.Ceiling(timeout.TotalMilliseconds);
    }

    internal static string Figure(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");

    /// <summary>What libtorch says, without its stack.</summary>
    internal static string FirstLine(Exception e) => e.Message.Split('\n')[0].TrimEnd('.');

    // libtorch waits for somebody to make the file, even to look.
    private static void Make(string path)
    {
        try
        {
            new FileStream(path, FileMode.OpenOrCreate).Dispose();
        }
        catch (IOException) when (System.IO.File.Exists(path))
        {
            // Another process is writing in it, so it is made.
        }
    }

    private static void RequireAvailable()
    {
        if (!IsAvailable)
        {
            throw new RetortException(
                "This build has no process groups: install libgloo-dev (apt-get install libgloo-dev) and build again, or train with one process.");
        }
    }
}
