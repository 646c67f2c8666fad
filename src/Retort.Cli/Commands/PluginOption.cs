using System.CommandLine;
using Retort.Training.Parts;

namespace Retort.Cli.Commands;

/// <summary><c>--plugin</c>: networks, methods and data of assemblies of the user's own.</summary>
internal sealed class PluginOption : Option<string[]>
{
    public PluginOption()
        : base("--plugin")
    {
        Description = "Take networks, methods and data from an assembly of your own too, as my.dll; its code runs. May be given more than once.";
        HelpName = "file";
    }

    /// <summary>Loads the assemblies that a command line names.</summary>
    /// <exception cref="RetortException">One cannot be loaded, or names a part that there is already.</exception>
    public Plugins Of(ParseResult line) => line.GetValue(this) is { Length: > 0 } files ? Plugins.Load(files) : Plugins.None;
}
