using Retort.Torch;

namespace Retort.Training.Stages;

/// <summary>What a stage computes for a batch.</summary>
/// <param name="Terms">Weighted scalars by name; their sum is the loss.</param>
/// <param name="Logits">[N, classes] of the network that learns to classify; null where none does.</param>
public sealed record StageStep(IReadOnlyList<KeyValuePair<string, Tensor>> Terms, Tensor? Logits);
