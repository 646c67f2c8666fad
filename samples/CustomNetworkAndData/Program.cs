// A network and a data set of your own, which a recipe then names like any other.
using CustomNetworkAndData;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Checkpoints;
using Retort.Training.Evaluation;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Runs;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

ModelRegistry models = new(
[
    .. ModelRegistry.Default.Entries,
    new ModelEntry("digitnet-32", ImageSize: 16, classes => new DigitNet(width: 32, classes)),
    new ModelEntry("digitnet-4", ImageSize: 16, classes => new DigitNet(width: 4, classes)),
]);

Recipe recipe = Recipe.Load(Path.Combine(AppContext.BaseDirectory, "digits.yaml"), variants: [typeof(DigitData)]);
using RunFolder folder = RunFolder.Open("runs/digits", ExistingRun.Overwrite);
using var run = new Run(recipe, folder, models: models);
RunResult result = run.Train();
foreach (NetworkSummary network in result.Networks)
    Console.WriteLine($"{network.Role}: {network.Model}, {network.Parameters} parameters, {network.Accuracy:P1}");

// The student's file says what it is and how its input is normalised; a service needs no more than this, and its images.
(Network student, NetworkCard card) = CheckpointLoader.Open(result.StudentFile, models);
using (student)
{
    ImageDataset images = new DigitData { TestImages = 200 }.Read(DatasetSplit.Test, card.Classes, progress: null, CancellationToken.None);
    EvaluationResult measured = new Evaluator(images, card.Normalization, Compute.Plain).Run(student);
    Console.WriteLine($"evaluated: {measured.Images} images, {measured.Top1:P1}");
}
