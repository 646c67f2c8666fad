// Trains a teacher, a student alone and a student distilled from the teacher, and compares them: `retort train RECIPE.yaml` from C#.
using Retort.Distillation.Methods;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Training.Runs;

var recipe = new Recipe
{
    Name = "distill-in-30-lines",
    // Your images: new FolderDataOptions { Path = "my-images" }. Your teacher: Checkpoint = "resnet14.pth"; this one is trained first.
    Data = new SyntheticDataOptions { TrainImages = 800, TestImages = 200, Augment = new AugmentOptions { Pad = 0, Flip = false } },
    Teacher = new TeacherOptions { Model = "resnet14" },
    Student = new StudentOptions { Model = "resnet8" },
    PlainStudent = true, // the same student without a teacher, to compare with
    Distill = [new("ce", 0.5), new("kd", 0.5, new KnowledgeDistillationOptions { Temperature = 2 })],
    Train = new TrainOptions { Epochs = 3, Batch = 16, Optimizer = new AdamOptions { Lr = 0.003 }, Schedule = new CosineScheduleOptions() },
};

using RunFolder folder = RunFolder.Open($"runs/{recipe.Name}", ExistingRun.Overwrite);
using var run = new Run(recipe, folder, new EpochLines());
RunResult result = run.Train();
foreach (NetworkSummary network in result.Networks)
    Console.WriteLine($"{network.Role}: {network.Model}, {network.Accuracy:P1}");
Console.WriteLine($"{result.StudentFile}\n{result.ReportFile}");

internal sealed class EpochLines : ITrainingObserver
{
    public void EpochEnded(EpochResult epoch) => Console.WriteLine($"{epoch.Stage} epoch {epoch.Epoch}: loss {epoch.Loss:F3}, test {epoch.TestAccuracy:P1}");
}
