// One method's loss in a training loop of your own: variational information distillation, which has layers of its own that learn too.
using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

const int Side = 16, Epochs = 4;
TorchRuntime.Seed(1);
var shapes = new SyntheticShapesOptions { TrainingImages = 800, TestImages = 300, Side = Side, Rotation = 10, OcclusionChance = 0 };
ImageDataset images = SyntheticShapes.Generate(DatasetSplit.Training, shapes), test = SyntheticShapes.Generate(DatasetSplit.Test, shapes);
Normalization normalization = Normalization.Measure(images);
BatchLoader loader = BatchLoader.ForTraining(images, batchSize: 16, normalization, augmentation: null, seed: 1);

using Network teacher = ModelRegistry.Default.Create("resnet14", images.Classes.Count);
NetworkShape ofTeacher = NetworkShape.Of("resnet14", teacher, Side, Side, Device.Cpu);
using (var labels = new DistillationObjective(crossEntropy: 1, labelSmoothing: 0, [], ofTeacher, ofTeacher))
    Train("teacher", teacher, labels);
teacher.RequireGrad(false);
teacher.Eval();

using Network student = ModelRegistry.Default.Create("resnet8", images.Classes.Count);
NetworkShape ofStudent = NetworkShape.Of("resnet8", student, Side, Side, Device.Cpu);
var vid = new DistillationTerm("vid", Weight: 0.2, new VariationalInformation(new VariationalInformationOptions()));
using var objective = new DistillationObjective(crossEntropy: 1, labelSmoothing: 0, [vid], ofStudent, ofTeacher);
Train("student", student, objective);

var evaluator = new Evaluator(test, normalization, Compute.Plain);
Console.WriteLine($"teacher: {evaluator.Run(teacher).Top1:P1}");
Console.WriteLine($"student: {evaluator.Run(student).Top1:P1}");

void Train(string name, Network network, DistillationObjective loss)
{
    // The method's layers learn beside the network; they are no part of it.
    using var optimizer = new Adam([.. network.Parameters(), .. loss.Parameters()], learningRate: 0.003);
    for (int epoch = 0; epoch < Epochs; epoch++)
    {
        double sum = 0;
        foreach (Batch batch in loader.Epoch(epoch))
        {
            using var scope = new TensorScope(); // frees every tensor that the step makes
            using Batch owned = batch;
            NetworkOutput output = network.Forward(batch.Images, loss.StudentTaps);
            NetworkOutput? target = null;
            if (loss.NeedsTeacherIn(epoch: null))
            {
                using var noGrad = GradMode.Disable();
                target = teacher.Forward(batch.Images, loss.TeacherTaps);
            }

            Tensor total = loss.Terms(output, target, batch.Labels, batch.Indices).Select(term => term.Value).Aggregate((a, b) => a + b);
            optimizer.ZeroGrad();
            total.Backward();
            optimizer.Step();
            sum += total.ToDouble() * batch.Count;
        }

        Console.WriteLine($"{name} epoch {epoch + 1}: loss {sum / images.Count:F3}");
    }
}
