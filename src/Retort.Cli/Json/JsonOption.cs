using System.CommandLine;

namespace Retort.Cli.Json;

/// <summary><c>--json</c>: the result as one JSON document on the standard output, and all else on standard error.</summary>
internal sealed class JsonOption : Option<bool>
{
    public JsonOption()
        : base("--json") => Description = "Print the result as JSON, and progress on standard error (docs/command-line.md).";
}
