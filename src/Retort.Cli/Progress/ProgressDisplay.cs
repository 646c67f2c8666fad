using Retort.Training.Progress;

namespace Retort.Cli.Progress;

/// <summary>Shows a run while it runs: a live view on a terminal, plain lines everywhere else.</summary>
internal static class ProgressDisplay
{
    /// <summary>Runs <paramref name="work"/> and shows what it reports.</summary>
    /// <param name="terminal">Where to show it.</param>
    /// <param name="work">Trains; is given the observer to report to, on this thread.</param>
    /// <returns>What <paramref name="work"/> returned. What it throws passes through, after the view is closed.</returns>
    public static T Show<T>(Terminal terminal, Func<ITrainingObserver, T> work)
        => terminal.Abilities.Live
            ? LiveProgress.Show(terminal.Console, terminal.Time, work)
            : work(new LineProgress(terminal.Output, terminal.Time));

    /// <summary>The same of work that is mostly done at once: lines are written only of what takes long.</summary>
    /// <inheritdoc cref="Show"/>
    public static T ShowIfLong<T>(Terminal terminal, Func<ITrainingObserver, T> work)
        => terminal.Abilities.Live
            ? LiveProgress.Show(terminal.Console, terminal.Time, work)
            : work(new LineProgress(terminal.Output, terminal.Time) { OnlyIfLong = true });
}
