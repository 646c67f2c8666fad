using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Data;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Training.Runs;

/// <summary>A teacher that came with its weights.</summary>
/// <param name="Network">The teacher, for images as the run normalises them.</param>
/// <param name="Normalization">How its own input is normalised.</param>
/// <param name="Card">What its file says of it; null for a file of another program.</param>
internal sealed record TrainedTeacher(Network Network, Normalization Normalization, NetworkCard? Card)
{
    // A promise is kept to within rounding and the choice of test images.
    private const double Tolerance = 0.01;

    /// <summary>Loads the weights.</summary>
    /// <param name="network">A network of the teacher's model; owned by the result's.</param>
    /// <param name="options">With a checkpoint.</param>
    /// <param name="data">What it is to teach on.</param>
    /// <exception cref="RetortException">The file cannot be read, does not fit the model, or has other classes than the data.</exception>
    public static TrainedTeacher Load(Network network, TeacherOptions options, DataSplits data)
    {
        using var scope = new TensorScope();
        NetworkCard? card = CheckpointLoader.Load(network, options.Model, options.Checkpoint!);
        card?.RequireClasses(options.Checkpoint!, data.Train.Classes);
        Normalization expected = options.Normalization?.ToNormalization() ?? card?.Normalization ?? data.Normalization;
        return new TrainedTeacher(RenormalizedNetwork.Of(network, data.Normalization, expected), expected, card);
    }

    /// <summary>What to tell of the teacher once it was measured; nothing where it is as it promises.</summary>
    /// <param name="accuracy">Top-1 on the test images, 0..1.</param>
    public string? Warning(double accuracy) => Card?.Accuracy is { } promised && accuracy < promised - Tolerance
        ? $"Warning: the teacher recognises {Figures.Percent(accuracy)} of the test images, but its file promises {Figures.Percent(promised)}: "
          + "check that data and normalisation (teacher.normalization) are those it was trained with."
        : null;
}
