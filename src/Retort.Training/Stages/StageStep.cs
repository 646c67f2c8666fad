using Retort.Torch;

namespace Retort.Training.Stages;

/// <summary>What a stage computes for a batch.</summary>
/// <param name="Terms">Weighted scalars by name; their sum is the loss.</param>
/// <param name="Logits">[N, classes] of the network that learns to classify; null where none does.</param>
public sealed record StageStep(IReadOnlyList<KeyValuePair<string, Tensor>> Terms, Tensor? Logits)
{
    /// <summary>The loss: the sum of the terms, owned by the current scope.</summary>
    public Tensor Total()
    {
        Tensor loss = Terms[0].Value;
        for (int i = 1; i < Terms.Count; i++)
            loss += Terms[i].Value;
        return loss;
    }
}
