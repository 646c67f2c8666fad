namespace Retort.Training.Progress;

/// <summary>
/// Hands steps and epochs to <see cref="IProgress{T}"/>, as a window's progress bar wants them: a <see cref="Progress{T}"/> that was made on
/// the window's thread calls back there, while <c>Task.Run(() =&gt; run.Train(cancel))</c> trains on another.
/// </summary>
/// <param name="steps">Gets a step a few times a second; null: nobody.</param>
/// <param name="epochs">Gets every epoch that ended; null: nobody.</param>
/// <example><code>
/// var observer = new ProgressObserver(epochs: new Progress&lt;EpochResult&gt;(epoch =&gt; chart.Add(epoch.TestAccuracy)));
/// using var run = new Run(recipe, folder, observer);
/// RunResult result = await Task.Run(() =&gt; run.Train(cancel));
/// </code></example>
public sealed class ProgressObserver(IProgress<StepProgress>? steps = null, IProgress<EpochResult>? epochs = null) : ITrainingObserver
{
    /// <inheritdoc/>
    public void Step(StepProgress step) => steps?.Report(step);

    /// <inheritdoc/>
    public void EpochEnded(EpochResult epoch) => epochs?.Report(epoch);
}
