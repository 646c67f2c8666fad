namespace Retort.Torch.Modules;

/// <summary>In training, sets elements to zero at random and scales the others up by 1 / (1 − probability); nothing in evaluation.</summary>
public sealed class Dropout : Layer
{
    /// <summary>Makes the layer.</summary>
    /// <param name="probability">Of an element to become zero, in [0, 1].</param>
    public Dropout(double probability = 0.5)
    {
        if (probability is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability lies between 0 and 1.");
        Probability = probability;
    }

    /// <summary>Of an element to become zero.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Aten.Dropout(input, Probability, IsTraining);
}
