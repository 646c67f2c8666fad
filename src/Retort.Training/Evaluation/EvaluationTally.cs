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

    private readonly int _known = Math.Max(classes, dataset.Classes.Count);
    private readonly long[] _confusion = new long[Square(Math.Max(classes, dataset.Classes.Count))];
    private readonly int[] _predicted = new int[dataset.Count];
    private readonly float[] _confidences = new float[dataset.Count];
    private readonly Half[][] _probabilities = new Half[dataset.Count][];
    private long _top5;
    private double _loss;

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
        _loss += Losses.CrossEntropy(logits, batch.Labels.To(logits.Device)).ToDouble() * batch.Count;
        int width = ranks.Length / labels.Length;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<long> row = ranks.AsSpan(i * width, width);
            _confusion[(labels[i] * _known) + row[0]]++;
            if (row.Contains(labels[i]))
                _top5++;
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
        double[] counts = [.. _confusion, _top5, _loss];
        Sum(replicas, counts);
        for (int i = 0; i < _confusion.Length; i++)
            _confusion[i] = (long)counts[i];
        (_top5, _loss) = ((long)counts[^2], counts[^1]);

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
        int images = dataset.Count;
        int[,] confusion = new int[_known, _known];
        long top1 = 0;
        for (int label = 0; label < _known; label++)
        {
            for (int predicted = 0; predicted < _known; predicted++)
                confusion[label, predicted] = (int)_confusion[(label * _known) + predicted];
            top1 += confusion[label, label];
        }

        return new EvaluationResult(
            images, (double)top1 / images, (double)_top5 / images, _loss / images, confusion, imagesPerSecond,
            new Predictions(Enumerable.Range(0, images).Select(i => new Prediction(dataset.Label(i), _predicted[i], _confidences[i])), _probabilities));
    }

    private static void Sum<T>(Replicas replicas, T[] numbers)
        where T : unmanaged
    {
        using Tensor sums = Tensor.From<T>(numbers);
        replicas.Sum(sums);
        sums.ToArray<T>().CopyTo(numbers, 0);
    }

    private static int Square(int number) => checked(number * number);
}
