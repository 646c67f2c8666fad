using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Retort.Cli;

/// <summary><c>retort --version</c>: the name and the number, without loading anything.</summary>
internal sealed class VersionLine : SynchronousCommandLineAction
{
    /// <summary>Retort's version, as "0.1.0".</summary>
    public static string Number { get; } = typeof(VersionLine).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"retort {Number}");
        return ExitCode.Success;
    }
}
