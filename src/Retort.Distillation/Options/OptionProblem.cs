namespace Retort.Distillation.Options;

/// <summary>What an options record finds wrong with itself; the binder adds the key's path and place.</summary>
/// <param name="Property">Name of the property (use <c>nameof</c>).</param>
/// <param name="Text">The rest of a sentence that begins with the key and has no full stop, as "must ascend, as [6, 8]".</param>
public sealed record OptionProblem(string Property, string Text);
