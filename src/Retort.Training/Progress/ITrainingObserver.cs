using Retort.Training.DryRuns;

namespace Retort.Training.Progress;

/// <summary>
/// Is told what a run does, as it does it; what is not of interest need not be implemented. All calls come from the training thread, and
/// must return quickly.
/// </summary>
public interface ITrainingObserver
{
    /// <summary>A choice that was made for the user (precision, connector, threads), or a warning; one sentence.</summary>
    void Notice(string text)
    {
    }

    /// <summary>A preparation that may take longer than two seconds (decoding images, measuring the teacher).</summary>
    /// <param name="what">What is being done, as "decoding images".</param>
    /// <param name="done">Items done so far.</param>
    /// <param name="total">Items in all; 0 when it is not known.</param>
    void Preparing(string what, int done, int total)
    {
    }

    /// <summary>
    /// A stage's loss was looked at on one batch: the student's before anything trains, and again before its stage where the teacher or what a method
    /// needs was trained in between; that of a teacher with branches before its stage.
    /// </summary>
    void DryRun(DryRunResult result)
    {
    }

    /// <summary>A stage begins (teacher, plain student, distilled student, or a stage that a method declares).</summary>
    void StageStarted(StageStarted stage)
    {
    }

    /// <summary>A training step was made. Called at most a few times a second, not for every step.</summary>
    void Step(StepProgress step)
    {
    }

    /// <summary>An epoch ended and was evaluated.</summary>
    void EpochEnded(EpochResult epoch)
    {
    }
}
