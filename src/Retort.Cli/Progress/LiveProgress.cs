using Retort.Training.DryRuns;
using Retort.Training.Progress;
using Retort.Training.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Retort.Cli.Progress;

/// <summary>A view that is redrawn in place: the finished stages in a table, the running one beneath it.</summary>
internal sealed class LiveProgress : ITrainingObserver
{
    private readonly TimeProvider _time;
    private readonly Action<IRenderable> _draw;
    private readonly List<IRenderable> _notes = [];
    private readonly List<StageTrack> _finished = [];
    private StageTrack? _track;
    private string? _preparing;

    private LiveProgress(TimeProvider time, Action<IRenderable> draw)
    {
        _time = time;
        _draw = draw;
    }

    /// <summary>Runs <paramref name="work"/> inside the view; the last picture stays on the screen.</summary>
    public static T Show<T>(IAnsiConsole console, TimeProvider time, Func<ITrainingObserver, T> work)
        => console.Live(Text.Empty).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top).Start(live =>
        {
            var view = new LiveProgress(time, live.UpdateTarget);
            T result = work(view);
            view.Close();
            return result;
        });

    // Part of the picture: what is printed beside a live view gets drawn over.
    public void Notice(string text)
    {
        _notes.Add(new Markup($"[grey]note:[/] {Markup.Escape(text)}"));
        Draw();
    }

    public void Preparing(string what, int done, int total)
    {
        _preparing = total > 0 ? $"{what}: {done} of {total}" : done > 0 ? $"{what}: {done}" : what;
        Draw();
    }

    public void DryRun(DryRunResult result)
    {
        _notes.Add(DryRunTable.Of(result));
        _notes.AddRange(DryRunTable.Modules(result).Select(module => new Markup($"[grey]{Markup.Escape(module)}[/]")));
        if (result.Caveat is { } caveat)
            _notes.Add(new Markup($"[grey]note:[/] {Markup.Escape(caveat)}"));
        _notes.AddRange(result.Advice.Select(advice => new Markup($"[yellow]advice:[/] {Markup.Escape(advice)}")));
        Draw();
    }

    public void StageStarted(StageStarted stage)
    {
        Retire();
        _preparing = null;
        _track = new StageTrack(stage, _time);
        Draw();
    }

    public void Step(StepProgress step)
    {
        _preparing = null;
        _track?.Add(step);
        Draw();
    }

    public void EpochEnded(EpochResult epoch)
    {
        _preparing = null;
        _track?.Add(epoch);
        Draw();
    }

    private void Retire()
    {
        if (_track is { Epoch: not null } ended)
        {
            _finished.Add(ended);
        }

        _track = null;
    }

    private void Close()
    {
        if (_track is { Finished: true })
        {
            Retire();
        }

        _preparing = null;
        Draw();
    }

    private void Draw()
    {
        List<IRenderable> parts = [.. _notes];
        if (_finished.Count > 0)
        {
            parts.Add(FinishedStages());
        }

        if (_track is not null)
        {
            parts.Add(new RunningStage(_track));
        }

        if (_preparing is not null)
        {
            parts.Add(new Markup($"[grey]{Markup.Escape(_preparing)}[/]"));
        }

        // Spectre cannot measure a view without a line.
        _draw(parts.Count > 0 ? new Rows(parts) : new Text(" "));
    }

    private Table FinishedStages()
    {
        Table table = new Table().Border(TableBorder.Simple).BorderStyle(Color.Grey)
            .AddColumn("stage").AddColumn("network")
            .AddColumn("epochs", Right).AddColumn("accuracy", Right).AddColumn(_finished[^1].BestName, Right)
            .AddColumn("images/s", Right).AddColumn("time", Right);
        foreach (StageTrack track in _finished)
        {
            table.AddRow(
                new Markup($"[green]✓[/] {Markup.Escape(track.Stage.Name)}"),
                new Text(track.Stage.Network),
                new Text($"{track.EpochsDone}"),
                new Text(Figures.Percent(track.Epoch?.TestAccuracy)),
                new Text(Figures.Percent(track.Best)),
                new Text(Figures.Rate(track.Epoch?.ImagesPerSecond ?? double.NaN)),
                new Text(Figures.Duration(track.LastSeconds)));
        }

        return table;

        static void Right(TableColumn column) => column.RightAligned().NoWrap();
    }
}
