namespace Retort.Distillation.Options;

/// <summary>A key of a mapping, and its value.</summary>
/// <param name="Key">As written.</param>
/// <param name="Location">Where the key stands.</param>
/// <param name="Value">What it is set to.</param>
public sealed record OptionEntry(string Key, string Location, OptionNode Value);
