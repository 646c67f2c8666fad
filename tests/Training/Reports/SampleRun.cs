using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Reports;

namespace Retort.Tests.Training.Reports;

/// <summary>A run as the trainer would report it: three stages, curves with noise, confusions.</summary>
internal static class SampleRun
{
    public static ReportData Create(int epochs = 30, int classes = 10)
    {
        var random = new Random(7);
        string[] names = classes == 10
            ? ["aeroplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
            : [.. Enumerable.Range(0, classes).Select(i => $"class number {i}")];
        return new ReportData
        {
            Title = "CIFAR-10: resnet20 from resnet56",
            Subtitle = "Knowledge distillation (kd, dist) of resnet56 into resnet20 on 50,000 images of CIFAR-10.",
            Networks =
            [
                new("teacher", "resnet56", 855_770, 126_500_000, 0.9321, 0.9334, 812, Confusion(random, classes, 0.93), Predictions(random, classes, 0.93)),
                new("student alone", "resnet20", 272_474, 41_200_000, 0.9098, 0.9112, 2410, Confusion(random, classes, 0.90), Predictions(random, classes, 0.90)),
                new("student distilled", "resnet20", 272_474, 41_200_000, 0.9243, 0.9251, 2388, Confusion(random, classes, 0.92), Predictions(random, classes, 0.92)),
            ],
            Epochs =
            [
                .. Stage(random, "teacher", epochs, 0.932, 255, ["ce"]),
                .. Stage(random, "plain", epochs, 0.910, 980, ["ce"]),
                .. Stage(random, "student", epochs, 0.924, 610, ["ce", "kd", "dist"]),
            ],
            Classes = names,
            Recipe = "data: cifar10\nteacher:\n  model: resnet56\nstudent:\n  model: resnet20\ndistill:\n  - method: kd\n    weight: 0.9\n    temperature: 4\n  - method: dist\n    weight: 2\ntrain:\n  epochs: 30\n  optimiser: {name: sgd, rate: 0.05, momentum: 0.9, weight_decay: 5.0e-4}\n",
            Environment = [new("Processor", "Some CPU, 2 cores for this process"), new("libtorch", "1.13.1"), new("Precision", "bf16"), new("Seed", "1")],
        };
    }

    private static IEnumerable<EpochResult> Stage(Random random, string name, int epochs, double top, double rate, string[] terms)
    {
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            double done = (double)epoch / epochs;
            double accuracy = top - 0.55 * Math.Exp(-5 * done) + (random.NextDouble() - 0.5) * 0.04 * (1.05 - done);
            var losses = terms.Select((t, i) => (t, v: (1.6 - 0.5 * i) * (Math.Exp(-3 * done) + 0.12) * (0.95 + 0.1 * random.NextDouble())))
                .ToDictionary(p => p.t, p => p.v, StringComparer.Ordinal);
            yield return new EpochResult(
                name, epoch, 0.05 * 0.5 * (1 + Math.Cos(Math.PI * done)), losses.Values.Sum(), losses, accuracy + 0.02 * done, accuracy,
                rate * (0.97 + 0.05 * random.NextDouble()), 50_000 / rate);
        }
    }

    private static int[,] Confusion(Random random, int classes, double recall)
    {
        int[,] counts = new int[classes, classes];
        for (int row = 0; row < classes; row++)
        {
            double own = recall + (random.NextDouble() - 0.5) * 0.12;
            for (int image = 0; image < 1000; image++)
            {
                int near = (row + 1 + (int)(random.NextDouble() * random.NextDouble() * (classes - 1))) % classes;
                counts[row, random.NextDouble() < own ? row : near]++;
            }
        }

        return counts;
    }

    private static Predictions Predictions(Random random, int classes, double recall)
    {
        List<Prediction> answers = [];
        List<Half[]> probabilities = [];
        for (int image = 0; image < 300; image++)
        {
            int label = image % classes, said = random.NextDouble() < recall ? label : random.Next(classes);
            double confidence = 1 - (0.5 * random.NextDouble() * random.NextDouble());
            Half[] row = [.. Enumerable.Repeat((Half)((1 - confidence) / (classes - 1)), classes)];
            row[said] = (Half)confidence;
            answers.Add(new Prediction(label, said, (float)confidence));
            probabilities.Add(row);
        }

        return new Predictions(answers, probabilities);
    }
}
