using System.Diagnostics;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Training.Checkpoints;
using Retort.Training.Evaluation;
using Retort.Training.Parallel;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;

namespace Retort.Training.Stages;

/// <summary>Runs a stage: epochs of steps, an evaluation and a checkpoint after each. Single-threaded but for the loading of batches.</summary>
/// <param name="loader">The training batches.</param>
/// <param name="evaluator">Measures the stage's network; null: no accuracy.</param>
/// <param name="compute">Where and how the networks run.</param>
/// <param name="observer">Is told of progress.</param>
/// <param name="checkpoints">Where the stage is saved and resumed from; null: nowhere.</param>
/// <param name="mixing">Mixes the images of each batch; null: they stay as they are.</param>
public sealed class Trainer(
    BatchLoader loader, Evaluator? evaluator, Compute compute, ITrainingObserver observer, CheckpointStore? checkpoints,
    BatchMixing? mixing = null)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Measures the stage's network on images that choose the best epoch; null: the test images choose it.</summary>
    public Evaluator? Dev { get; init; }

    /// <summary>The processes that train the stage together, whose share of the batches the loader gives. Default: this one alone.</summary>
    public Replicas Replicas { get; init; } = Replicas.Alone;

    /// <summary>Trains the stage to its end, from its checkpoint where there is one.</summary>
    /// <param name="stage">What trains; its networks are on the device already.</param>
    /// <param name="cancel">Stops after the current step; a checkpoint of exactly that point is written first.</param>
    /// <exception cref="NonFiniteLossException">
    /// A term became NaN or infinite, and the stage's options do not say to go back, it went back too often, or there is nothing to go back to.
    /// </exception>
    /// <exception cref="DataException">An image that is streamed cannot be read; a checkpoint of the steps before it is written first.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public StageResult Train(TrainingStage stage, CancellationToken cancel = default)
    {
        cancel = Replicas.Agree(cancel);
        using IDisposable? released = stage.Release();
        using var session = new StageSession(stage, StepsOf(stage.Options));
        using IDisposable? synchronised = stage.Options.SyncBatchNorm ? Replicas.Synchronise(NormsOf(stage)) : null;
        bool resumed = checkpoints?.Resume(session, observer.Notice) == true;
        Equalise(stage);
        if (resumed)
            observer.Notice($"{stage.Name} goes on in epoch {session.Progress.Epoch}, after step {session.Progress.Step}.");
        else if (stage.Options.OnNan == NonFiniteAction.Rollback)
            SaveLast(session); // so that the first epoch has something to go back to as well
        observer.StageStarted(new StageStarted(
            stage.Name, stage.NetworkName, stage.Options.Epochs, session.Progress.Epoch, session.StepsPerEpoch, stage.Options.Batch));

        while (session.Progress.Epoch <= stage.Options.Epochs)
        {
            try
            {
                CompleteEpoch(session, cancel);
            }
            catch (NonFiniteLossException failure) when (checkpoints is not null && CanGoBack(session))
            {
                GoBack(session, checkpoints, failure);
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or DataException)
            {
                if (session.HasFiniteWeights())
                    SaveLast(session);
                // All stop after the same step; who started them may end all as soon as one has ended, so none ends before it is saved.
                if (stopped is OperationCanceledException)
                    Replicas.Meet();
                throw;
            }
        }

        session.TakeAverage();
        Equalise(stage); // running statistics are averaged as well, and each process saw other ones
        checkpoints?.Finish(session);
        return session.Progress.Result();
    }

    private void CompleteEpoch(StageSession session, CancellationToken cancel)
    {
        TrainingStage stage = session.Stage;
        StageProgress progress = session.Progress;
        TrainEpoch(session, cancel);
        EqualiseStatistics(session);
        if (!session.HasFiniteWeights())
            throw Failure(session, term: null, double.NaN, progress.Step);
        EvaluationResult? evaluation = IsEvaluated(session) ? Evaluate(session, evaluator!, cancel) : null;
        EvaluationResult? choice = evaluation is not null && Dev is not null ? Evaluate(session, Dev, cancel) : null;
        bool isBest = evaluation is not null && progress.Note(evaluation.Top1, choice?.Top1);
        observer.EpochEnded(new EpochResult(
            stage.Name, progress.Epoch, session.LearningRate, progress.Metrics.Loss, progress.Metrics.Terms,
            stage.Evaluated is null ? null : progress.Metrics.Accuracy, evaluation?.Top1,
            progress.Metrics.Images / progress.Metrics.Seconds, progress.Metrics.Seconds)
        {
            DevAccuracy = choice?.Top1,
            Rollbacks = progress.Rollbacks.Where(rollback => rollback.Epoch == progress.Epoch).ToArray() is { Length: > 0 } rollbacks ? rollbacks : null,
        });
        if (evaluation is not null && Replicas.IsFirst)
            checkpoints?.SaveBest(session, isBest);
        progress.NextEpoch();
        SaveLast(session);
    }

    // The other processes keep only what they may have to go back to.
    private void SaveLast(StageSession session)
    {
        if (Replicas.IsFirst || session.Stage.Options.OnNan == NonFiniteAction.Rollback)
            checkpoints?.SaveLast(session);
    }

    private void Equalise(TrainingStage stage) =>
        Replicas.Equalise([.. stage.Learners.SelectMany(learner => learner.Value.State()).Select(entry => entry.Value)]);

    // Each process has seen other images; what batch norms remember of them, and the average of it, is to be the same where it is used.
    private void EqualiseStatistics(StageSession session)
    {
        using var scope = new TensorScope();
        Replicas.Equalise(
        [
            .. session.Stage.Learners.SelectMany(learner => learner.Value.NamedBuffers()).Select(entry => entry.Value), .. session.Average?.State().Values ?? [],
        ]);
    }

    private static bool CanGoBack(StageSession session) =>
        session.Stage.Options.OnNan == NonFiniteAction.Rollback && session.Progress.Rollbacks.Count < session.Stage.Options.MaxRollbacks;

    private void GoBack(StageSession session, CheckpointStore store, NonFiniteLossException failure)
    {
        TrainOptions options = session.Stage.Options;
        IReadOnlyList<Rollback> before = session.Progress.Rollbacks;
        var rollback = new Rollback(
            failure.Epoch, failure.Step, failure.Cause, failure.Value, session.Progress.RateFactor * options.RollbackFactor);
        if (!store.Resume(session, observer.Notice))
            throw failure;
        session.Progress.Rollbacks = [.. before, rollback];
        store.SaveLast(session); // a run that is killed now goes on at the lower rate
        observer.Notice(
            $"Warning: {rollback.Cause} of {session.Stage.Name} became {rollback.Value} in epoch {rollback.Epoch}, step {rollback.Step}. Training goes back "
            + $"to {session.Progress.Place}, and on with {rollback.RateFactor} of the learning rate (rollback {before.Count + 1} of at most {options.MaxRollbacks}).");
    }

    private NonFiniteLossException Failure(StageSession session, string? term, double value, int step) => new(
        session.Stage.Name, term, value, session.Progress.Epoch, step, checkpoints?.Shown(session.Stage.Name), session.Progress.Rollbacks.Count);

    private void TrainEpoch(StageSession session, CancellationToken cancel)
    {
        TrainingStage stage = session.Stage;
        StageProgress progress = session.Progress;
        stage.Epoch = progress.Epoch;
        stage.SetModes();
        var clock = Stopwatch.StartNew();
        double before = progress.Metrics.Seconds;
        TimeSpan reported = TimeSpan.Zero;
        int parts = stage.Options.Accumulate;
        int done = Math.Min(progress.Step * parts, loader.Sampler.BatchesPerEpoch); // the last step may have had fewer parts
        // All parts of a step are there before it begins: where one cannot be had, nothing of the step has happened.
        foreach (Batch[] batch in loader.Epoch(progress.Epoch - 1, done, cancel).Chunk(parts).Take(session.StepsPerEpoch - progress.Step))
        {
            MakeStep(session, batch);
            progress.Step++;
            progress.Metrics.Seconds = before + clock.Elapsed.TotalSeconds;
            if (clock.Elapsed - reported >= ReportEvery)
            {
                reported = clock.Elapsed;
                observer.Step(new StepProgress(
                    stage.Name, progress.Epoch, progress.Step, progress.Metrics.Loss, progress.Metrics.Terms, session.LearningRate,
                    progress.Metrics.Images / progress.Metrics.Seconds));
            }
        }
    }

    private void MakeStep(StageSession session, Batch[] parts)
    {
        using var scope = new TensorScope();
        int images = parts.Sum(part => part.Total);
        session.Begin();
        StepFigures figures = Differentiate(session, parts[0], images);
        for (int i = 1; i < parts.Length; i++)
            figures = figures.Plus(Differentiate(session, parts[i], images));
        figures = Replicas.Sum(session.Parameters, figures) with { Images = images };
        if (figures.NonFinite is var (term, value))
            throw Failure(session, term, value, session.Progress.Step + 1);
        session.Update();
        session.Progress.Metrics.Add(figures);
    }

    // Adds the gradient of this process's share of a part of a step.
    private StepFigures Differentiate(StageSession session, Batch part, int images)
    {
        using Batch batch = part;
        using var scope = new TensorScope();
        int epoch = session.Progress.Epoch;
        (Tensor shown, Tensor labels) = (batch.Images.To(compute.Device), batch.Labels.To(compute.Device));
        // Once for all networks: the teacher sees what the student sees.
        if (mixing is not null)
            (shown, labels) = mixing.Apply(shown, labels, epoch - 1, batch.Step);
        Replicas.BeginStep(batch, session.Stage.Options.Seed, epoch);
        StageStep step = session.Stage.Step(shown, labels, batch.Indices.To(compute.Device), compute);
        double weight = Replicas.Weight * ((double)batch.Total / images);
        StepFigures figures = StepFigures.Of(step, labels);
        // What is no number has no gradient; but the batch norms of other processes may wait for this one in their backward pass.
        if (figures.AreFinite || session.Stage.Options.SyncBatchNorm)
            (weight == 1 ? step.Total() : step.Total() * weight).Backward();
        return figures.Weighted(weight);
    }

    private int StepsOf(TrainOptions options)
    {
        long batch = (long)loader.Sampler.BatchSize * options.Accumulate;
        return (int)((loader.Sampler.Count + (loader.Sampler.DropLast ? 0 : batch - 1)) / batch);
    }

    private static IReadOnlyList<BatchNorm> NormsOf(TrainingStage stage) =>
        [.. stage.Learners.SelectMany(learner => learner.Value.NamedModules()).Select(module => module.Value).OfType<BatchNorm>()];

    private bool IsEvaluated(StageSession session) =>
        evaluator is not null && session.Stage.Evaluated is not null
        && (session.Progress.Epoch % session.Stage.Options.EvalEvery == 0 || session.Progress.Epoch == session.Stage.Options.Epochs);

    private static EvaluationResult Evaluate(StageSession session, Evaluator evaluator, CancellationToken cancel) =>
        session.WithAverage(() => evaluator.Run(session.Stage.Evaluated!, cancel: cancel));
}
