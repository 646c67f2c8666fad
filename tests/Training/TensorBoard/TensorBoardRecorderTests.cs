using Retort.Distillation.Options;
using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Training.TensorBoard;

namespace Retort.Tests.Training.TensorBoard;

/// <summary>Events for TensorBoard, read back by a reader of the published format.</summary>
public sealed class TensorBoardRecorderTests : InTemporaryFolder
{
    private static readonly Recipe Recipe = TinyRun.Distilled with { Tensorboard = new() };

    [Fact]
    public void The_readers_checksum_is_the_published_one() => Assert.Equal(0xE3069283, EventReader.Crc32C("123456789"u8));

    [Fact]
    public void Every_figure_of_every_stage_is_read_back()
    {
        TinyRun.Do(Recipe, In("run"));

        Assert.Equal(["plain", "student", "teacher"], Directory.GetDirectories(In("run", "tensorboard")).Select(Path.GetFileName).Order());
        IReadOnlyList<EpochResult> epochs = MetricsLog.Read(In("run", "metrics.jsonl"));
        foreach (string stage in epochs.Select(e => e.Stage).Distinct())
        {
            ReadEvent[] events = EventReader.ReadFolder(In("run", "tensorboard", stage));
            Assert.Equal(("brain.Event:2", 0), (events[0].FileVersion, events[0].Step));
            Assert.All(events, e => Assert.InRange(e.WallTime, 1.7e9, 1e11));
            EpochResult[] expected = [.. epochs.Where(e => e.Stage == stage)];
            Assert.Equal(expected.Select(e => (long)(e.Epoch * TinyRun.StepsPerEpoch)), events[1..].Select(e => e.Step));
            foreach (var (epoch, read) in expected.Zip(events[1..]))
            {
                var figures = new Dictionary<string, double?>
                {
                    ["train/loss"] = epoch.Loss, ["train/accuracy"] = epoch.TrainAccuracy, ["train/learning_rate"] = epoch.LearningRate,
                    ["train/images_per_second"] = epoch.ImagesPerSecond, ["test/accuracy"] = epoch.TestAccuracy,
                };
                foreach (var (term, value) in epoch.Terms)
                    figures[$"train/loss/{term}"] = value;
                Assert.Equal(
                    figures.ToDictionary(f => f.Key, f => (float?)f.Value).OrderBy(f => f.Key, StringComparer.Ordinal),
                    read.Values.ToDictionary(v => v.Tag, v => v.Scalar).OrderBy(f => f.Key, StringComparer.Ordinal));
            }
        }

        Assert.Contains("train/loss/kd", EventReader.ReadFolder(In("run", "tensorboard", "student"))[1].Values.Select(v => v.Tag));
    }

    [Fact]
    public void A_run_that_goes_on_begins_a_file_and_no_step_is_missing_or_double()
    {
        // Killed when the second epoch was written but not saved, and with half a record at the end.
        Recipe recipe = TinyRun.Alone with { Tensorboard = new(), Train = TinyRun.Train with { Epochs = 3 } };
        TinyRun.Do(recipe, In("whole"), new RecordingObserver { OnEpoch = epoch => CopyAfter(2, epoch) });
        string folder = In("killed", "tensorboard", "student");
        string first = Assert.Single(Directory.GetFiles(folder));
        File.AppendAllBytes(first, File.ReadAllBytes(first)[..30]);

        TinyRun.Do(recipe, In("killed"));

        Assert.Equal(2, Directory.GetFiles(folder).Length);
        ReadEvent[] events = EventReader.ReadFolder(folder);
        Assert.Equal([5, 10, 15], events.Where(e => e.Values.Count > 0).Select(e => e.Step));
        Assert.Equal(6, Assert.Single(events, e => e.Starts).Step); // a reader that saw the lost epoch forgets it
        Assert.Equal(2, events.Count(e => e.FileVersion is not null));
        Assert.Equal(Losses(In("whole")), Losses(In("killed")));

        float?[] Losses(string run) => [.. EventReader.Tag(Path.Combine(run, "tensorboard", "student"), "train/loss").Select(v => v.Value.Scalar)];
        void CopyAfter(int number, EpochResult epoch)
        {
            if (epoch.Epoch == number)
                TinyRun.Copy(In("whole"), In("killed"));
        }
    }

    [Fact]
    public void What_a_stage_has_learned_is_there_as_pictures_once()
    {
        var paraphraser = (OptionMapping)OptionNode.FromJson(System.Text.Json.JsonDocument.Parse("""{"paraphraser_epochs": 1}""").RootElement, "");
        Recipe recipe = Recipe with { PlainStudent = false, Distill = [new("ce", 1), new("ft", 1, paraphraser)] };
        TinyRun.Do(recipe, In("run"));
        TinyRun.Do(recipe, In("run")); // finished, and drawn again for its report

        ReadEvent[] events = EventReader.ReadFolder(In("run", "tensorboard", "ft.paraphraser", "figure"));
        ReadEvent drawn = Assert.Single(events, e => e.Values.Count > 0);
        Assert.Equal(TinyRun.StepsPerEpoch, drawn.Step);
        Assert.True(drawn.Values.Count >= 4 * 3, $"{drawn.Values.Count}");
        Assert.Equal(drawn.Values.Count, drawn.Values.Select(v => v.Tag).Distinct().Count());
        foreach (ReadValue value in drawn.Values)
        {
            ReadImage image = value.Image!;
            Assert.Equal(3, image.Channels);
            Assert.Equal((byte[])[0x89, .. "PNG"u8], image.Png[..4]);
            Assert.Equal((image.Width, image.Height), (Number(image.Png, 16), Number(image.Png, 20)));
        }

        Assert.Equal((32, 32), (drawn.Values[0].Image!.Width, drawn.Values[0].Image!.Height));

        static long Number(byte[] png, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
    }

    [Fact]
    public void Histograms_of_features_are_written_where_they_are_asked_for_and_change_nothing()
    {
        Recipe recipe = TinyRun.Alone with { Tensorboard = new() { Histograms = true }, Train = TinyRun.Train with { Ema = 0.9 } };
        TinyRun.Do(recipe, In("drawn"));
        TinyRun.Do(recipe with { Tensorboard = null }, In("plain"));
        TinyRun.AssertSame(In("plain"), In("drawn"));
        Assert.False(Directory.Exists(In("plain", "tensorboard")));

        string folder = In("drawn", "tensorboard", "student");
        Assert.Equal([5, 10], EventReader.Tag(folder, "features/pooled").Select(v => v.Step));
        ReadHistogram logits = EventReader.Tag(folder, "features/logits")[0].Value.Histogram!;
        Assert.Equal(20 * 10, logits.Count);
        foreach ((_, ReadValue value) in EventReader.Tag(folder, "features/stage1").Append((0, EventReader.Tag(folder, "features/logits")[1].Value)))
        {
            ReadHistogram histogram = value.Histogram!;
            Assert.Equal(histogram.Count, histogram.Counts.Sum());
            Assert.Equal(histogram.Limits.Order(), histogram.Limits);
            Assert.Equal(histogram.Max, histogram.Limits[^1], 1e-3);
            Assert.InRange(histogram.Sum / histogram.Count, histogram.Min, histogram.Max);
            Assert.True(histogram.Squares >= histogram.Sum * histogram.Sum / histogram.Count);
        }
    }

    [Fact]
    public void A_histogram_counts_numbers_only()
    {
        HistogramProto histogram = FeatureHistograms.Of([-1, 2, 2, float.NaN, float.PositiveInfinity]);
        Assert.Equal((-1, 2, 3, 3, 9), (histogram.Min, histogram.Max, histogram.Num, histogram.Sum, histogram.SumSquares));
        Assert.Equal((1, 2), (histogram.Bucket[0], histogram.Bucket[^1]));
        Assert.Empty(FeatureHistograms.Of([float.NaN]).Bucket);
        Assert.Equal(2, FeatureHistograms.Of([5, 5]).Bucket.Sum());
    }

    [Theory]
    [InlineData("a file stands there")]
    [InlineData("the folder is taken away")]
    public void Events_that_cannot_be_written_are_told_and_the_run_goes_on(string obstacle)
    {
        Recipe recipe = TinyRun.Alone with { Tensorboard = new() };
        string folder = In("run", "tensorboard");
        var observer = new RecordingObserver
        {
            OnNotice = text =>
            {
                if (obstacle.StartsWith('a') && text.StartsWith("Computing", StringComparison.Ordinal))
                    File.WriteAllText(folder, "");
            },
            OnEpoch = epoch =>
            {
                if (!obstacle.StartsWith('a') && epoch.Epoch == 1)
                    Directory.Delete(folder, recursive: true);
            },
        };
        TinyRun.Do(recipe, In("run"), observer);

        string warning = Assert.Single(observer.Notices, n => n.StartsWith("Warning", StringComparison.Ordinal));
        Assert.Matches($@"^Warning: events for TensorBoard cannot be written into '{folder}' \(.+\): the run goes on, and this stage without them\.$", warning);
        TinyRun.Do(recipe with { Tensorboard = null }, In("whole"));
        TinyRun.AssertSame(In("whole"), In("run"));
    }

    [Fact]
    public void A_name_is_not_taken_twice_in_a_second()
    {
        using (EventFile one = EventFile.Begin(In("events"), TimeProvider.System))
            one.Append(new Event { Step = 3, Summary = new Summary { Value = { new Summary.Types.Value { Tag = "a", SimpleValue = 1 } } } });
        using (EventFile two = EventFile.Begin(In("events"), TimeProvider.System))
            two.Append(new Event { Step = 7, Summary = new Summary { Value = { new Summary.Types.Value { Tag = "a", SimpleValue = 2 } } } });
        Assert.Equal([3, 7], EventReader.Tag(In("events"), "a").Select(v => v.Step));

        EventFile.CutAfter(In("events"), 6); // the second file has nothing left
        Assert.Equal([3], EventReader.Tag(In("events"), "a").Select(v => v.Step));
        Assert.Single(Directory.GetFiles(In("events")));
        EventFile.CutAfter(In("events"), 0);
        Assert.Empty(Directory.GetFiles(In("events")));
        EventFile.CutAfter(In("nowhere"), 0);
    }
}
