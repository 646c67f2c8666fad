namespace Retort.Distillation.Options;

/// <summary>Options that cannot be used. It holds every fault that was found, not only the first.</summary>
public sealed class OptionsException : RetortException
{
    /// <summary>Makes the exception of these faults.</summary>
    /// <param name="faults">At least one.</param>
    /// <param name="inner">What caused it, if anything.</param>
    public OptionsException(IReadOnlyList<OptionFault> faults, Exception? inner = null) : base(Sentence(faults), inner) => Faults = faults;

    /// <summary>Makes the exception of one fault.</summary>
    /// <param name="location">Where it stands, as "kd.yaml:12:5".</param>
    /// <param name="key">Path of the option, as "train.epochs"; may be empty.</param>
    /// <param name="text">The sentence, without the place.</param>
    public OptionsException(string location, string key, string text)
        : this([new OptionFault { Location = location, Key = key, Text = text }])
    {
    }

    /// <inheritdoc/>
    public override bool WrongUse => true;

    /// <summary>The faults, in the order in which they stand.</summary>
    public IReadOnlyList<OptionFault> Faults { get; }

    private static string Sentence(IReadOnlyList<OptionFault> faults) => faults.Count == 1
        ? faults[0].ToString()
        : $"{faults.Count} options are wrong:\n{string.Join('\n', faults.Select(f => $"  {f}"))}";
}
