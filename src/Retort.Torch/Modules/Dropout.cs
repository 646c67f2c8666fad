namespace Retort.Torch.Modules;

/// <summary>In training, sets elements to zero at random and scales the others up by 1 / (1 − probability); nothing in evaluation.</summary>
public sealed class Dropout : Layer
{
    /// <summary>Makes the layer.</summary>
    /// <param name="probability">Of an element to become zero, in [0, 1].</param>
    public Dropout(double probability = 0.5) => Probability = probability;

    /// <summary>Of an element to become zero, in [0, 1].</summary>
    public double Probability
    {
        get;
        set => field = value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A probability lies between 0 and 1.");
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Aten.Dropout(input, Probability, IsTraining);
}
