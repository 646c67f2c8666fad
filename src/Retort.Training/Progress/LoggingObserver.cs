using Microsoft.Extensions.Logging;
using Retort.Training.DryRuns;

namespace Retort.Training.Progress;

/// <summary>
/// Writes a run's progress to a log: notices, the dry run, stages and epochs as information, warnings as warnings, preparations and steps
/// for debugging. Figures are fields of their own (<c>Stage</c>, <c>Epoch</c>, <c>Loss</c>, <c>TestAccuracy</c>, ...).
/// </summary>
/// <param name="logger">The log.</param>
/// <example><code>using var run = new Run(recipe, folder, new LoggingObserver(logger));</code></example>
public sealed partial class LoggingObserver(ILogger logger) : ITrainingObserver
{
    private const string WarningPrefix = "Warning: ";

    /// <inheritdoc/>
    public void Notice(string text)
    {
        if (text.StartsWith(WarningPrefix, StringComparison.Ordinal))
            Warned(text[WarningPrefix.Length..]);
        else
            Noticed(text);
    }

    /// <inheritdoc/>
    public void Preparing(string what, int done, int total) => Prepared(what, done, total);

    /// <inheritdoc/>
    public void DryRun(DryRunResult result)
    {
        foreach (DryRunTerm term in result.Terms)
            Weighed(term.Name, term.Weight, term.Value, term.Share);
        if (result.Caveat is { } caveat)
            Noticed(caveat);
        foreach (string advice in result.Advice)
            Warned(advice);
    }

    /// <inheritdoc/>
    public void StageStarted(StageStarted stage) => Started(stage.Name, stage.Network, stage.FirstEpoch, stage.Epochs, stage.BatchSize);

    /// <inheritdoc/>
    public void Step(StepProgress step) => Stepped(step.Stage, step.Epoch, step.Step, step.Loss, step.LearningRate, step.ImagesPerSecond);

    /// <inheritdoc/>
    public void EpochEnded(EpochResult epoch)
    {
        Ended(epoch.Stage, epoch.Epoch, epoch.Loss, epoch.LearningRate, epoch.ImagesPerSecond);
        if (epoch.TestAccuracy is { } test)
            Tested(epoch.Stage, epoch.Epoch, test);
        if (epoch.DevAccuracy is { } dev)
            Judged(epoch.Stage, epoch.Epoch, dev);
    }

    [LoggerMessage(1, LogLevel.Information, "{Text}")]
    private partial void Noticed(string text);

    [LoggerMessage(2, LogLevel.Warning, "{Text}")]
    private partial void Warned(string text);

    [LoggerMessage(3, LogLevel.Debug, "{What}: {Done} of {Total}")]
    private partial void Prepared(string what, int done, int total);

    [LoggerMessage(4, LogLevel.Information, "Before the first step: {Term}, weight {Weight}, loss {Loss}, share of the gradient {Share}")]
    private partial void Weighed(string term, double weight, double loss, double share);

    [LoggerMessage(5, LogLevel.Information, "{Stage}: {Network}, epochs {FirstEpoch} to {Epochs}, batch {Batch}")]
    private partial void Started(string stage, string network, int firstEpoch, int epochs, int batch);

    [LoggerMessage(6, LogLevel.Debug, "{Stage} epoch {Epoch} step {Step}: loss {Loss}, learning rate {LearningRate}, {ImagesPerSecond} images/s")]
    private partial void Stepped(string stage, int epoch, int step, double loss, double learningRate, double imagesPerSecond);

    [LoggerMessage(7, LogLevel.Information, "{Stage} epoch {Epoch}: loss {Loss}, learning rate {LearningRate}, {ImagesPerSecond} images/s")]
    private partial void Ended(string stage, int epoch, double loss, double learningRate, double imagesPerSecond);

    [LoggerMessage(8, LogLevel.Information, "{Stage} epoch {Epoch}: test accuracy {TestAccuracy}")]
    private partial void Tested(string stage, int epoch, double testAccuracy);

    [LoggerMessage(9, LogLevel.Information, "{Stage} epoch {Epoch}: accuracy on held-out images {DevAccuracy}")]
    private partial void Judged(string stage, int epoch, double devAccuracy);
}
