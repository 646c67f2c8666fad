using Retort.Distillation.Methods;
using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Documentation;

public sealed class ReadmeExampleTests
{
    private const string Begin = "// README begins", End = "// README ends";

    [Fact]
    public void The_example_of_the_readme_is_the_code_that_is_tested_here()
    {
        string readme = File.ReadAllText(RepositoryFiles.Repository("README.md"));
        string source = File.ReadAllText(RepositoryFiles.Repository("tests", "Documentation", "ReadmeExampleTests.cs"));
        string[] shown = Lines(Between(readme, "```csharp\n", "```"));
        Assert.True(shown.Length > 10);
        Assert.Equal(shown, Lines(Between(source, $"        {Begin}\n", $"        {End}")));
    }

    [Fact]
    public void The_example_of_the_readme_trains_a_student()
    {
        using var folder = new TemporaryFolder();
        string before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder.Path);
        try
        {
            TorchRuntime.Seed(1);
            using (Network saved = ModelRegistry.Default.Create("resnet20", classes: 10))
                Safetensors.Write("resnet20.pth", saved.State());
            ImageDataset images = SyntheticShapes.Generate(DatasetSplit.Training, new SyntheticShapesOptions { TrainingImages = 16 });
            Assert.True(Train(BatchLoader.ForTraining(images, 8, Normalization.Cifar10, new CropFlipOptions(), seed: 1)) > 0);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    // Gives how far the classifier is from where it may have begun.
    private static double Train(BatchLoader loader)
    {
        // README begins
        using Network teacher = ModelRegistry.Default.Create("resnet20", classes: 10);
        CheckpointLoader.Load(teacher, "resnet20", "resnet20.pth");
        teacher.Eval();
        using Network student = ModelRegistry.Default.Create("resnet8", classes: 10);
        using var optimizer = new Sgd(student.Parameters(), learningRate: 0.05, momentum: 0.9);
        foreach (Batch batch in loader.Epoch(0))
        {
            using var scope = new TensorScope(); // frees every tensor that the step makes
            Tensor target;
            using (GradMode.Disable())
                target = teacher.Forward(batch.Images);
            Tensor logits = student.Forward(batch.Images);
            Tensor loss = (Losses.CrossEntropy(logits, batch.Labels) * 0.1)
                + (KnowledgeDistillation.Divergence(logits, target, temperature: 4) * 0.9);
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
            batch.Dispose();
        }

        // README ends
        using var rest = new TensorScope();
        using Network initial = ModelRegistry.Default.Create("resnet8", classes: 10);
        return (student.Classifier!.Weight.Detach() - initial.Classifier!.Weight.Detach()).Abs().Sum().ToDouble();
    }

    private static string Between(string text, string begin, string end)
    {
        int start = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[start..text.IndexOf(end, start, StringComparison.Ordinal)];
    }

    private static string[] Lines(string code) =>
        [.. code.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line : "        " + line)
            .Select(line => line.TrimEnd()).Where(line => line.Length > 0).Select(line => line.TrimStart())];
}
