using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Evaluation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Evaluation;

public sealed class EvaluatorTests
{
    [Fact]
    public void Counts_are_those_of_a_naive_computation_over_several_batches()
    {
        ImageDataset images = TinyStage.Images(DatasetSplit.Test, 260); // more than one batch of the evaluator
        TorchRuntime.Seed(4);
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        (int top1, int top5, double loss, int[,] confusion) = Naive(network, images);

        EvaluationResult result = new Evaluator(images, TinyStage.Normalization, Compute.Plain).Run(network);

        Assert.Equal(260, result.Images);
        Assert.Equal(top1 / 260.0, result.Top1, 12);
        Assert.Equal(top5 / 260.0, result.Top5, 12);
        Assert.Equal(loss / 260, result.Loss, 1e-5);
        Assert.Equal(confusion, result.Confusion);
        for (int label = 0; label < 10; label++)
            Assert.Equal(confusion[label, label] / (double)Enumerable.Range(0, 10).Sum(p => confusion[label, p]), result.ClassAccuracy(label), 12);
        Assert.True(result.ImagesPerSecond > 0);
    }

    [Fact]
    public void Predictions_are_the_softmax_of_each_image_in_order()
    {
        ImageDataset images = TinyStage.Images(DatasetSplit.Test, 260);
        TorchRuntime.Seed(4);
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        float[][] logits = Logits(network, images);

        EvaluationResult result = new Evaluator(images, TinyStage.Normalization, Compute.Plain).Run(network);

        Assert.Equal(260, result.Predictions.Count);
        Assert.Equal(result.Top1, result.Predictions.Answers.Average(a => a.IsHit ? 1.0 : 0.0), 12);
        for (int i = 0; i < images.Count; i++)
        {
            double[] exponentials = [.. logits[i].Select(z => Math.Exp(z))];
            double[] softmax = [.. exponentials.Select(e => e / exponentials.Sum())];
            Prediction answer = result.Predictions.Answers[i];
            Assert.Equal((images.Label(i), Array.IndexOf(softmax, softmax.Max())), (answer.Label, answer.Class));
            Assert.Equal(softmax.Max(), answer.Confidence, 1e-5);
            Assert.All(result.Predictions.Probabilities(i).ToArray().Zip(softmax), p => Assert.Equal(p.Second, (double)p.First, 1e-3));
        }
    }

    [Fact]
    public void A_class_without_images_has_no_accuracy() =>
        Assert.True(double.IsNaN(new EvaluationResult(1, 1, 1, 0, new int[,] { { 1, 0 }, { 0, 0 } }, 1, new Predictions([], [])).ClassAccuracy(1)));

    [Fact]
    public void With_at_most_five_classes_top_5_is_everything()
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 3);
        ImageDataset all = TinyStage.Images(DatasetSplit.Test, 12);
        int[] known = [.. Enumerable.Range(0, all.Count).Where(i => all.Label(i) < 3)];
        Assert.NotEmpty(known);
        EvaluationResult result = new Evaluator(all.Subset("known", known), TinyStage.Normalization, Compute.Plain).Run(network);
        Assert.Equal(1, result.Top5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_network_keeps_its_mode_and_its_statistics(bool training)
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        network.Train(training);
        double[] before = Statistics(network);

        TinyStage.Evaluator().Run(network);

        Assert.Equal(training, network.IsTraining);
        Assert.Equal(before, Statistics(network));
    }

    [Fact]
    public void Progress_is_told_and_a_cancelled_evaluation_leaves_the_mode()
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        using var cancel = new CancellationTokenSource();
        List<(int, int)> told = [];
        var evaluator = new Evaluator(TinyStage.Images(DatasetSplit.Test, 260), TinyStage.Normalization, Compute.Plain);

        Assert.ThrowsAny<OperationCanceledException>(() => evaluator.Run(network, (done, all) =>
        {
            told.Add((done, all));
            cancel.Cancel();
        }, cancel.Token));

        Assert.Equal([(250, 260)], told);
        Assert.True(network.IsTraining);
    }

    private static double[] Statistics(Network network) => [.. network.NamedBuffers().Select(b => b.Value.Sum().ToDouble())];

    private static (int Top1, int Top5, double Loss, int[,] Confusion) Naive(Network network, ImageDataset images)
    {
        int top1 = 0, top5 = 0;
        double loss = 0;
        int[,] confusion = new int[10, 10];
        float[][] logits = Logits(network, images);
        for (int i = 0; i < logits.Length; i++)
        {
            int label = images.Label(i);
            float[] row = logits[i];
            int[] ranks = [.. Enumerable.Range(0, 10).OrderByDescending(c => row[c])];
            confusion[label, ranks[0]]++;
            top1 += ranks[0] == label ? 1 : 0;
            top5 += ranks.Take(5).Contains(label) ? 1 : 0;
            loss += Math.Log(row.Sum(z => Math.Exp(z))) - row[label];
        }

        return (top1, top5, loss, confusion);
    }

    private static float[][] Logits(Network network, ImageDataset images)
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        network.Eval();
        List<float[]> logits = [];
        foreach (Batch batch in BatchLoader.ForEvaluation(images, 20, TinyStage.Normalization).Epoch(0))
        {
            using (batch)
                logits.AddRange(network.Forward(batch.Images).ToArray<float>().Chunk(10));
        }

        network.Train();
        return [.. logits];
    }
}
