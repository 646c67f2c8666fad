namespace Retort.Training.Evaluation;

/// <summary>What a network said of every image, in the order of the images. Plain memory, which outlives the network and its device.</summary>
public sealed class Predictions
{
    private readonly Half[][] _probabilities;

    /// <summary>Takes over what was measured.</summary>
    /// <param name="answers">One for each image.</param>
    /// <param name="probabilities">
    /// The softmax of each image's logits, one number a class, in half precision: two bytes, and accurate to 0.05 % of the number.
    /// </param>
    /// <exception cref="ArgumentException">They are not of the same number of images.</exception>
    public Predictions(IEnumerable<Prediction> answers, IEnumerable<Half[]> probabilities)
    {
        Answers = [.. answers];
        _probabilities = [.. probabilities];
        if (Answers.Count != _probabilities.Length)
            throw new ArgumentException($"There are {Answers.Count} answers and {_probabilities.Length} rows of probabilities.", nameof(probabilities));
    }

    /// <summary>One for each image.</summary>
    public IReadOnlyList<Prediction> Answers { get; }

    /// <summary>Number of images.</summary>
    public int Count => Answers.Count;

    /// <summary>The probability of each class for an image, 0..1.</summary>
    public ReadOnlySpan<Half> Probabilities(int image) => _probabilities[image];
}
