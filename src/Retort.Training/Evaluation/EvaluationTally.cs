using Retort.Torch;
using Retort.Training.Parallel;
using Retort.Vision.Datasets;

namespace Retort.Training.Evaluation;

/// <summary>What is counted while a network is measured, by one process or by several on shares of the images.</summary>
/// <param name="dataset">The images.</param>
/// <param name="classes">Classes that the network tells apart.</param>
internal sealed class EvaluationTally(ImageDataset dataset, int classes)
{
    private const int ImagesAtATime = 10_000; // so that thousands of classes do not need all of it twice

    private readonly int[] _predicted = new int[dataset.Count];
    private readonly float[] _confidences = new float[dataset.Count];
    private readonly Half[][] _probabilities = new Half[dataset.Count][];
    private readonly double[] _sums = new double[2]; // of images with the class among the first five, and of losses

    /// <summary>Counts a batch.</summary>
    /// <param name="batch">Its images.</param>
    /// <param name="logits">Float32 [N, classes].</param>
    /// <param name="ranked">Int64 [N, k] on the CPU: the classes with the highest logits.</param>
    public void Count(Batch batch, Tensor logits, Tensor ranked)
    {
        Tensor softmax = logits.Softmax(1);
        long[] ranks = ranked.ToArray<long>(), labels = batch.Labels.ToArray<long>(), indices = batch.Indices.ToArray<long>();
        float[] highest = softmax.Topk(1, 1).Item1.To(Device.Cpu).ToArray<float>();
        Half[] shares = softmax.To(DType.Float16).To(Device.Cpu).ToArray<Half>();
        _sums[1] += Losses.CrossEntropy(logits, batch.Labels.To(logits.Device)).ToDouble() * batch.Count;
        int width = ranks.Length / labels.Length;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<long> row = ranks.AsSpan(i * width, width);
            if (row.Contains(labels[i]))
                _sums[0]++;
            _predicted[indices[i]] = (int)row[0];
            _confidences[indices[i]] = highest[i];
            _probabilities[indices[i]] = shares[(i * classes)..((i + 1) * classes)];
        }
    }

    /// <summary>Adds what the other processes have counted.</summary>
    public void Join(Replicas replicas)
    {
        if (replicas.Share.Count == 1)
            return;
        Sum(replicas, _sums);
        // Every image is one process's; the others have zeros in its place, and a sum with zeros changes nothing.
        Sum(replicas, _predicted);
        Sum(replicas, _confidences);
        Half[] none = new Half[classes];
        for (int first = 0; first < _probabilities.Length; first += ImagesAtATime)
        {
            Half[][] part = _probabilities[first..Math.Min(first + ImagesAtATime, _probabilities.Length)];
            Half[] all = [.. part.SelectMany(row => row ?? none)];
            Sum(replicas, all);
            for (int i = 0; i < part.Length; i++)
                _probabilities[first + i] = all[(i * classes)..((i + 1) * classes)];
        }
    }

    /// <summary>What came of it.</summary>
    /// <param name="imagesPerSecond">Forward passes of all processes together.</param>
    public EvaluationResult Result(double imagesPerSecond)
    {
        int images = dataset.Count, known = Math.Max(classes, dataset.Classes.Count), hits = 0;
        int[,] confusion = new int[known, known];
        Prediction[] answers = new Prediction[images];
        for (int i = 0; i < images; i++)
        {
            answers[i] = new Prediction(dataset.Label(i), _predicted[i], _confidences[i]);
            confusion[answers[i].Label, answers[i].Class]++;
            if (answers[i].IsHit)
                hits++;
        }

        return new EvaluationResult(
            images, (double)hits / images, _sums[0] / images, _sums[1] / images, confusion, imagesPerSecond, new Predictions(answers, _probabilities));
    }

    private static void Sum<T>(Replicas replicas, T[] numbers)
        where T : unmanaged
    {
        using Tensor sums = Tensor.From<T>(numbers);
        replicas.Sum(sums);
        sums.ToArray<T>().CopyTo(numbers, 0);
    }
}
