using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;

namespace Retort.Training.Runs;

/// <summary>Weights that a student starts from.</summary>
/// <param name="File">Where they are from.</param>
/// <param name="Sha256">Of the weights, as <see cref="WeightsHash"/> has it.</param>
/// <param name="Card">What their file says of itself; null for another program's.</param>
internal sealed record StudentStart(string File, string Sha256, NetworkCard? Card)
{
    /// <summary>Loads them.</summary>
    /// <param name="student">The network.</param>
    /// <param name="options">The recipe's.</param>
    /// <param name="data">What it is to learn.</param>
    /// <returns>Null where the recipe gives none.</returns>
    /// <exception cref="RetortException">The file cannot be read, does not fit the model, or has other classes than the data.</exception>
    public static StudentStart? Load(Network student, StudentOptions options, DataSplits data)
    {
        if (options.Checkpoint is not { } file)
            return null;
        using var scope = new TensorScope();
        NetworkCard? card = CheckpointLoader.Load(student, options.Model, file);
        card?.RequireClasses(file, data.Train.Classes, "student");
        return new StudentStart(file, WeightsHash.Of(student), card);
    }

    /// <summary>That the weights know images that are normalised otherwise; null where they do not, or do not say it.</summary>
    public string? Notice(Normalization ofData) => Card is null || Card.Normalization.Equals(ofData)
        ? null
        : $"The student starts from weights that were trained with mean {string.Join(", ", Card.Normalization.Mean)}, std {string.Join(", ", Card.Normalization.Deviation)}, and sees "
          + $"mean {string.Join(", ", ofData.Mean)}, std {string.Join(", ", ofData.Deviation)} now: data.normalization can be set to the former.";

    /// <summary>For reports.</summary>
    public override string ToString() => $"{File}, weights {Sha256}";
}
