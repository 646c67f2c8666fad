using System.Diagnostics;

namespace Retort.Tests.Cli;

/// <summary>A copy of the launcher in a tree of its own, where dotnet, apt-get and the like are scripts that only write down their call.</summary>
internal sealed class LauncherTree : IDisposable
{
    private readonly string _bin;

    public LauncherTree(bool root = true, bool packages = true)
    {
        Root = Directory.CreateTempSubdirectory("retort-launcher-").FullName;
        _bin = Directory.CreateDirectory(Path.Combine(Root, "bin")).FullName;
        foreach (string folder in new[] { "src", "native", "recipes" })
        {
            Directory.CreateDirectory(Path.Combine(Root, folder));
        }

        foreach (string file in new[] { "Directory.Build.props", "global.json", ".editorconfig", "src/Program.cs" })
        {
            File.WriteAllText(Path.Combine(Root, file), "");
        }

        File.Copy(Path.Combine(RepositoryRoot(), "retort"), Launcher);
        Script("id", $"echo {(root ? 0 : 1000)}");
        Script("dpkg-query", packages ? "printf installed" : "exit 1");
        Script("apt-cache", "exit 0");
        Script("npm", "echo \"npm $*\" >>\"$TREE/calls\"");
        Script("apt-get", "echo \"apt-get $*\" >>\"$TREE/calls\"");
        Dotnet();
    }

    public string Root { get; }

    public string Launcher => Path.Combine(Root, "retort");

    /// <summary>The calls of the stand-ins, in order.</summary>
    public string[] Calls => File.Exists(Path.Combine(Root, "calls")) ? File.ReadAllLines(Path.Combine(Root, "calls")) : [];

    public int Builds => Calls.Count(c => c.StartsWith("build ", StringComparison.Ordinal));

    /// <summary>Puts a dotnet in the tree that builds by making an empty program and tests by running <paramref name="test"/>.</summary>
    public void Dotnet(string version = "10.0.100", string build = "true", string test = "true")
        => Script("dotnet", $$"""
            case $1 in
              --version) echo {{version}} ;;
              build)
                echo "$*" >>"$TREE/calls"
                {{build}}
                mkdir -p "$TREE/artifacts/bin/Retort.Cli/release" && : >"$TREE/artifacts/bin/Retort.Cli/release/retort.dll" ;;
              test)
                echo "$*" >>"$TREE/calls"
                trx=$(sed -n 's,.*--results-directory \([^ ]*\) .*LogFileName=\([^ ]*\) .*,\1/\2,p' <<<"$*")
            {{test}}
                ;;
              *) shift; echo "ran: $*; in $PWD" ;;
            esac
            """);

    public void Script(string name, string body)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the launcher is a bash script");
        }

        string path = Path.Combine(_bin, name);
        File.WriteAllText(path, $"#!/bin/bash\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public (int Code, string Output, string Error) Run(params string[] args) => Finish(Start(args));

    /// <summary>Starts the launcher without waiting for it.</summary>
    public Process Start(string[] args, string? launcher = null, string? folder = null, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(launcher ?? Launcher, args)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Root,
        };
        start.Environment["TREE"] = Root;
        start.Environment["PATH"] = $"{_bin}:/usr/bin:/bin";
        start.Environment.Remove("LIBTORCH");
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static (int Code, string Output, string Error) Finish(Process process)
    {
        using (process)
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Retort.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
