using Microsoft.Extensions.Logging;
using Retort.Training.DryRuns;
using Retort.Training.Progress;

namespace Retort.Tests.Training.Progress;

public sealed class ObserverTests
{
    private static readonly EpochResult Epoch = new(
        "student", 2, 0.05, 1.25, new Dictionary<string, double> { ["ce"] = 1.25 }, 0.5, 0.4, ImagesPerSecond: 100, Seconds: 3);

    private static readonly StepProgress Step = new("student", 2, 7, 1.5, new Dictionary<string, double> { ["ce"] = 1.5 }, 0.05, 100);

    [Fact]
    public void A_log_gets_each_event_at_its_level_with_its_figures_as_fields()
    {
        var log = new LogBook();
        Tell(new LoggingObserver(log));

        Assert.Equal(
            """
            Information: Computing in fp32.
            Warning: the teacher is worse than promised.
            Debug: decoding images: 3 of 8
            Information: Before the first step: kd, weight 0.9, loss 0.3, share of the gradient 0.25
            Warning: raise kd
            Information: student: resnet8, epochs 1 to 4, batch 64
            Debug: student epoch 2 step 7: loss 1.5, learning rate 0.05, 100 images/s
            Information: student epoch 2: loss 1.25, learning rate 0.05, 100 images/s
            Information: student epoch 2: test accuracy 0.4
            """,
            string.Join('\n', log.Entries.Select(entry => $"{entry.Level}: {entry.Text}")));
        Assert.Equal(0.4, log.Entries[^1].Fields["TestAccuracy"]);
        Assert.Equal("student", log.Entries[^1].Fields["Stage"]);
    }

    [Fact]
    public void Progress_gets_steps_and_epochs_and_either_may_be_left_out()
    {
        var steps = new Reported<StepProgress>();
        var epochs = new Reported<EpochResult>();
        Tell(new ProgressObserver(steps, epochs));
        Tell(new ProgressObserver(epochs: epochs));

        Assert.Equal([Step], steps.Values);
        Assert.Equal([Epoch, Epoch], epochs.Values);
    }

    private static void Tell(ITrainingObserver observer)
    {
        observer.Notice("Computing in fp32.");
        observer.Notice("Warning: the teacher is worse than promised.");
        observer.Preparing("decoding images", 3, 8);
        observer.DryRun(new DryRunResult("student", [new DryRunTerm("kd", 0.9, 0.3, 1, 0.25, [], [])], ["raise kd"]));
        observer.StageStarted(new StageStarted("student", "resnet8", Epochs: 4, FirstEpoch: 1, StepsPerEpoch: 10, BatchSize: 64));
        observer.Step(Step);
        observer.EpochEnded(Epoch);
    }

    private sealed class Reported<T> : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value) => Values.Add(value);
    }

    private sealed class LogBook : ILogger
    {
        public List<(LogLevel Level, string Text, IReadOnlyDictionary<string, object?> Fields)> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Add((logLevel, formatter(state, exception), ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary()));
    }
}
