using System.Globalization;

namespace Retort.Torch.Distributed;

/// <summary>Reads environment variables, and refuses what they cannot be by name.</summary>
internal sealed class VariableReader(Func<string, string?> variable)
{
    public bool Has(string name) => Text(name) is not null;

    /// <summary>A variable's value; null where it is not set or empty.</summary>
    public string? Text(string name) => variable(name) is { Length: > 0 } text ? text : null;

    /// <summary>A variable that must be set.</summary>
    public string Required(string name, string what) =>
        Text(name) ?? throw new RetortException($"{name} is not set: it must be {what}. Start all processes with torchrun, srun or --nproc, which set it.") { WrongUse = true };

    /// <summary>A variable that must be a whole number within bounds.</summary>
    public int Number(string name, int least, int most, string what = "a whole number")
    {
        string text = Required(name, what);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
            return number;
        string bounds = most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}";
        throw new RetortException($"{name} is '{text}': it must be {what}, {bounds}. Set it right, or let torchrun, srun or --nproc set it.") { WrongUse = true };
    }
}
