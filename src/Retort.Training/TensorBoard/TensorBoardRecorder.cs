using Google.Protobuf;
using Retort.Training.DryRuns;
using Retort.Training.Progress;
using Retort.Training.Reports;

namespace Retort.Training.TensorBoard;

/// <summary>
/// Writes every epoch as events for TensorBoard on their way to the observer, a folder for each stage. They are for looking at: where they
/// cannot be written, that is told and the run goes on without them.
/// </summary>
/// <param name="inner">Is told all.</param>
/// <param name="folder">Holds the stages' folders.</param>
/// <param name="time">Dates events and files.</param>
internal sealed class TensorBoardRecorder(ITrainingObserver inner, string folder, TimeProvider time) : ITrainingObserver, IDisposable
{
    private EventFile? _file;
    private StageStarted? _stage;

    /// <summary>Gives the features of the network that trains, by tap; null: none are drawn.</summary>
    public Func<IReadOnlyList<KeyValuePair<string, HistogramProto>>>? Features { get; set; }

    public void Notice(string text) => inner.Notice(text);

    public void Preparing(string what, int done, int total) => inner.Preparing(what, done, total);

    public void DryRun(DryRunResult result) => inner.DryRun(result);

    public void StageStarted(StageStarted stage)
    {
        Dispose();
        _stage = stage;
        Try(() =>
        {
            string path = Path.Combine(folder, stage.Name);
            long done = StepAfter(stage.FirstEpoch - 1);
            EventFile.CutAfter(path, done); // epochs that were written but not saved are about to be made again
            EventFile.CutAfter(FigureFolder(stage.Name), done);
            if (stage.FirstEpoch > stage.Epochs)
                return;
            _file = EventFile.Begin(path, time);
            if (done > 0)
                _file.Append(new Event { Step = done + 1, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
        });
        inner.StageStarted(stage);
    }

    public void Step(StepProgress step) => inner.Step(step);

    public void EpochEnded(EpochResult epoch)
    {
        Try(() => _file?.Append(new Event { Step = StepAfter(epoch.Epoch), Summary = SummaryOf(epoch) }));
        inner.EpochEnded(epoch);
    }

    /// <summary>Writes the pictures of a stage, unless that was done before.</summary>
    public void Write(FeatureFigure figure) => Try(() =>
    {
        // After the stage's last epoch; where this process did not train it, an earlier one did.
        string path = FigureFolder(figure.Stage);
        if (Directory.Exists(path) && EventFile.Files(path).Any())
            return;
        using EventFile file = EventFile.Begin(path, time);
        file.Append(new Event { Step = _stage?.Name == figure.Stage ? StepAfter(_stage.Epochs) : 0, Summary = SummaryOf(figure) });
    });

    /// <summary>Closes the file of the stage.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private Summary SummaryOf(EpochResult epoch)
    {
        var summary = new Summary();
        Add("train/loss", epoch.Loss);
        foreach ((string term, double value) in epoch.Terms)
            Add($"train/loss/{term}", value);
        Add("train/accuracy", epoch.TrainAccuracy);
        Add("train/learning_rate", epoch.LearningRate);
        Add("train/images_per_second", epoch.ImagesPerSecond);
        Add("test/accuracy", epoch.TestAccuracy);
        Add("dev/accuracy", epoch.DevAccuracy);
        foreach ((string tap, HistogramProto histogram) in Features?.Invoke() ?? [])
            summary.Value.Add(new Summary.Types.Value { Tag = $"features/{tap}", Histo = histogram });
        return summary;

        void Add(string tag, double? value)
        {
            if (value is { } known)
                summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)known });
        }
    }

    private static Summary SummaryOf(FeatureFigure figure)
    {
        var summary = new Summary();
        foreach (IReadOnlyList<Picture> row in figure.Rows)
        {
            foreach (Picture picture in row)
            {
                summary.Value.Add(new Summary.Types.Value
                {
                    Tag = $"features/{picture.Name}",
                    Image = new Summary.Types.Image
                    {
                        Height = picture.Height, Width = picture.Width, Colorspace = 3, EncodedImageString = ByteString.CopyFrom(picture.ToPng()),
                    },
                });
            }
        }

        return summary;
    }

    private string FigureFolder(string stage) => Path.Combine(folder, stage, "figure");

    private long StepAfter(int epoch) => (long)epoch * _stage!.StepsPerEpoch;

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            inner.Notice(
                $"Warning: events for TensorBoard cannot be written into '{folder}' ({failure.Message.TrimEnd('.')}): the run goes on, and this stage without them.");
            Dispose();
        }
    }
}
