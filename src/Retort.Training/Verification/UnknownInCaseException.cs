namespace Retort.Training.Verification;

/// <summary>A golden case names something that this version does not have.</summary>
/// <param name="kind">What it is: "kind", "stage", "tensor".</param>
/// <param name="name">The name in the case.</param>
/// <param name="known">The names that exist.</param>
internal sealed class UnknownInCaseException(string kind, string name, IEnumerable<string> known)
    : RetortException($"There is no {kind} \"{name}\" here; there are: {string.Join(", ", known.DefaultIfEmpty("none"))}.")
{
    /// <summary>As a table shows it.</summary>
    public string Missing { get; } = $"{kind} \"{name}\"";

    public override bool WrongUse => true;
}
