namespace Retort.Torch.Generators;

/// <summary>A line of <c>operators.txt</c> is no operator schema.</summary>
public sealed class SchemaException(string message) : Exception(message);
