namespace Retort.Training.Progress;

/// <summary>What a stage is going to do.</summary>
/// <param name="Name">As the recipe or the method names it: "teacher", "plain", "student", "paraphraser".</param>
/// <param name="Network">Model that trains, as "resnet8".</param>
/// <param name="Epochs">Passes over the training set in all.</param>
/// <param name="FirstEpoch">1, or later after a resume.</param>
/// <param name="StepsPerEpoch">Batches of an epoch.</param>
/// <param name="BatchSize">Images of a batch.</param>
public sealed record StageStarted(string Name, string Network, int Epochs, int FirstEpoch, int StepsPerEpoch, int BatchSize);
