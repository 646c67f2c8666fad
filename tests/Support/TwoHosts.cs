namespace Retort.Tests.Support;

/// <summary>Two network namespaces with a cable between them: for a program that is started in one, the other is another machine.</summary>
internal sealed class TwoHosts : IDisposable
{
    private static readonly Lazy<string?> Reason = new(Try);

    private readonly string[] _names;
    private readonly string _cable = $"rt{Environment.ProcessId % 1_000_000}";

    /// <summary>Makes them.</summary>
    public TwoHosts()
    {
        _names = [$"retort-{Environment.ProcessId}-a", $"retort-{Environment.ProcessId}-b"];
        try
        {
            foreach (string name in _names)
                Ip("netns", "add", name);
            Ip("link", "add", Plug(0), "netns", _names[0], "type", "veth", "peer", "name", Plug(1), "netns", _names[1]);
            for (int host = 0; host < 2; host++)
            {
                In(host, "addr", "add", $"{Address(host)}/24", "dev", Plug(host));
                In(host, "link", "set", Plug(host), "up");
                In(host, "link", "set", "lo", "up");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? Missing => Reason.Value;

    /// <summary>Address of a host, 0 or 1.</summary>
    public static string Address(int host) => $"10.77.7.{host + 1}";

    /// <summary>What begins the command line of a program on a host.</summary>
    public string[] On(int host) => ["ip", "netns", "exec", _names[host]];

    /// <summary>Cuts the cable: nothing that is sent arrives any more, and nobody is told.</summary>
    public void Cut() => In(0, "link", "set", Plug(0), "down");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (string name in _names)
            InstalledProgram.Run("ip", "netns", "delete", name);
    }

    private static string? Try()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || InstalledProgram.Run("ip", "-V") != 0)
            return "two network namespaces need Linux, root and iproute2";
        try
        {
            new TwoHosts().Dispose();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return $"network namespaces cannot be made here: {e.Message}";
        }
    }

    private string Plug(int host) => $"{_cable}{"ab"[host]}";

    private void In(int host, params string[] arguments) => Ip(["-n", _names[host], .. arguments]);

    private static void Ip(params string[] arguments)
    {
        if (InstalledProgram.Run("ip", arguments) is var code and not 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} ended with {code}");
    }
}

/// <summary>A test of two hosts, skipped where they cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TwoHostsFactAttribute : FactAttribute
{
    public TwoHostsFactAttribute() => Skip = TwoHosts.Missing;
}
