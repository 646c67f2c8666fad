using System.CommandLine;
using Retort.Torch.Serialization;

namespace Retort.Cli.Commands;

/// <summary><c>--rename</c> and <c>--key</c>: how the weights in a file of another program become a model's.</summary>
internal sealed class WeightsOptions
{
    private readonly Option<string[]> _rename = new("--rename")
    {
        Description = "Change names of tensors: a regular expression and what replaces it, as '^head=fc'; may be given more than once.", HelpName = "from=to",
    };

    private readonly Option<string?> _key = new("--key") { Description = "Where in the file the tensors are, when it has several sets, as model_ema.", HelpName = "key" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_rename);
        command.Add(_key);
    }

    /// <summary>What a command line says.</summary>
    /// <exception cref="RetortException">A rule is none.</exception>
    public StateDictOptions Of(ParseResult line)
    {
        try
        {
            return new StateDictOptions { Key = line.GetValue(_key), Renames = [.. (line.GetValue(_rename) ?? []).Select(RenameRule.Parse)] };
        }
        catch (FormatException e)
        {
            throw new RetortException($"--rename: {e.Message}", e) { WrongUse = true };
        }
    }
}
