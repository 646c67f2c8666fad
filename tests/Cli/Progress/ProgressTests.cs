using Retort.Cli;
using Retort.Cli.Progress;
using Retort.Training.DryRuns;
using Retort.Training.Progress;

namespace Retort.Tests.Cli.Progress;

public class ProgressTests
{
    private static readonly StageStarted Student = new("student", "resnet8", Epochs: 4, FirstEpoch: 1, StepsPerEpoch: 100, BatchSize: 64);

    private readonly ManualTime _time = new();

    [Fact]
    public void Lines_tell_each_epoch_once()
    {
        string output = Show(TerminalAbilities.Plain, run =>
        {
            run.Notice("precision: bf16, because the processor has it.");
            run.StageStarted(Student);
            _time.Advance(2);
            run.Step(Step(1, 50));
            _time.Advance(2);
            run.EpochEnded(Epoch(1, 0.5));
            _time.Advance(4);
            run.EpochEnded(Epoch(2, 0.4));
        });

        Assert.Equal(
            """
            note: precision: bf16, because the processor has it.
            student: resnet8, 4 epochs of 100 steps, batch 64
            student epoch 1/4 loss 1.5 (ce 1, kd 0.5)  train 61.00 %  test 50.00 % (best 50.00 %)  lr 0.05  1,234 images/s  12.0 s left
            student epoch 2/4 loss 1.5 (ce 1, kd 0.5)  train 61.00 %  test 40.00 % (best 50.00 %)  lr 0.05  1,234 images/s  8.0 s left

            """,
            output);
    }

    [Fact]
    public void Work_that_is_mostly_short_gets_lines_only_where_it_is_long()
    {
        using var output = new StringWriter { NewLine = "\n" };
        ProgressDisplay.ShowIfLong(new Terminal(output, output, TerminalAbilities.Plain) { Time = _time }, run =>
        {
            for (int done = 0; done < 5; done++)
            {
                run.Preparing("verifying", done, 5);
                _time.Advance(4);
            }

            return true;
        });

        Assert.Equal("verifying: 3 of 5\n", output.ToString());
    }

    [Fact]
    public void Where_held_out_images_choose_the_best_epoch_the_line_says_so()
    {
        string output = Show(TerminalAbilities.Plain, run =>
        {
            run.StageStarted(Student);
            run.EpochEnded(Epoch(1, 0.5) with { DevAccuracy = 0.3 });
            run.EpochEnded(Epoch(2, 0.4) with { DevAccuracy = 0.35 });
            run.EpochEnded(Epoch(3, 0.6) with { DevAccuracy = 0.2 });
        });

        Assert.Contains("test 50.00 % (best by dev 50.00 %)  dev 30.00 %", output);
        Assert.Contains("test 40.00 % (best by dev 40.00 %)  dev 35.00 %", output);
        Assert.Contains("test 60.00 % (best by dev 40.00 %)  dev 20.00 %", output);
    }

    [Fact]
    public void Lines_tell_a_dry_run_term_by_term()
    {
        Assert.Equal(
            """
            dry run of student: ce  weight 0.1  loss 0.25  75.00 % of the gradient
            dry run of student: ft  weight 500  loss 3.5  25.00 % of the gradient
            dry run of student: ft  taps stage3 [64, 8, 8] ← stage3 [256, 8, 8]
            dry run of student: ft  paraphraser, 12.0 k parameters, frozen
            dry run of student: ft  translator, 1234 parameters: Conv2d [32, 64, 3, 3], ReLU
            note: teacher has not trained yet: taps and modules stay as they are, losses and shares do not.
            advice: change [it]

            """,
            Show(TerminalAbilities.Plain, run => run.DryRun(DryRun)));
    }

    [Fact]
    public void The_live_view_keeps_a_dry_run_above_the_stages()
    {
        string screen = Plain(Show(TerminalAbilities.Full, run =>
        {
            run.DryRun(DryRun);
            run.StageStarted(Student);
        }));

        string last = screen[screen.LastIndexOf("gradient", StringComparison.Ordinal)..];
        Assert.Contains("stage3 [64, 8, 8] ← stage3 [256, 8, 8]", last);
        Assert.Contains("note: teacher has not trained yet", last);
        Assert.Contains("advice: change [it]", last);
        Assert.Contains("epoch 1/4", last);
    }

    [Fact]
    public void Lines_within_an_epoch_come_every_ten_seconds()
    {
        string output = Show(TerminalAbilities.Plain, run =>
        {
            run.StageStarted(Student);
            for (int step = 1; step <= 50; step++)
            {
                _time.Advance(0.5);
                run.Step(Step(1, step));
            }
        });

        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("student epoch 1/4 step 20/100  loss 1.5 (ce 1, kd 0.5)  1,234 images/s", lines[1], StringComparison.Ordinal);
        Assert.Contains("step 40/100", lines[2]);
    }

    [Fact]
    public void Preparations_are_told_when_they_begin_and_then_seldom()
    {
        string output = Show(TerminalAbilities.Plain, run =>
        {
            for (int i = 0; i < 30; i++)
            {
                run.Preparing("decoding images", i * 10, 300);
                _time.Advance(1);
            }
        });

        Assert.Equal("decoding images: 0 of 300\ndecoding images: 100 of 300\ndecoding images: 200 of 300\n", output);
    }

    [Fact]
    public void A_resumed_stage_judges_its_time_by_what_it_does_itself()
    {
        var track = new StageTrack(Student with { FirstEpoch = 3 }, _time);
        _time.Advance(10);
        track.Add(Epoch(3, 0.5));

        Assert.Equal((0.5, TimeSpan.FromSeconds(10)), (track.Done, track.Remaining!.Value));
    }

    [Fact]
    public void The_last_line_of_a_stage_says_how_long_it_took()
    {
        string output = Show(TerminalAbilities.Plain, run =>
        {
            run.StageStarted(Student);
            _time.Advance(75);
            run.EpochEnded(Epoch(4, 0.5));
        });

        Assert.EndsWith("done in 1:15\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_live_view_shows_the_running_stage_beneath_the_finished_ones()
    {
        string output = Show(TerminalAbilities.Full, run =>
        {
            run.Notice("2 [threads]");
            run.StageStarted(Student with { Name = "teacher", Network = "resnet[56]", Epochs = 1 });
            run.EpochEnded(Epoch(1, 0.75) with { Stage = "teacher" });
            run.StageStarted(Student);
            _time.Advance(10);
            run.Step(Step(1, 50));
            run.EpochEnded(Epoch(1, 0.5));
        });

        Assert.Contains("\u001b[", output);
        string screen = Plain(output);
        Assert.Contains("note: 2 [threads]", screen);
        Assert.Contains("✓ teacher", screen);
        Assert.Contains("resnet[56]", screen);
        Assert.Contains("75.00 %", screen);
        Assert.Contains("epoch 1/4  step 50/100", screen);
        Assert.Contains("12.5 %", screen);
        Assert.Contains("= ce 1 + kd 0.5", screen);
        Assert.Contains("1:10 left", screen);
        Assert.Contains("accuracy 50.00 %", screen);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    public void The_live_view_fits_a_narrow_terminal(int width)
    {
        string output = Show(TerminalAbilities.Full, run =>
        {
            run.StageStarted(Student);
            run.Step(Step(1, 50));
        }, width);

        Assert.All(Plain(output).Split('\n', '\r'), line => Assert.InRange(line.Length, 0, width));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_work_stays_on_the_thread_that_called(bool live) // grad mode and scopes belong to a thread
    {
        int here = Environment.CurrentManagedThreadId, there = 0;
        Show(live ? TerminalAbilities.Full : TerminalAbilities.Plain, _ => there = Environment.CurrentManagedThreadId);

        Assert.Equal(here, there);
    }

    [Fact]
    public void What_the_work_throws_comes_through_the_live_view()
        => Assert.Throws<RetortException>(() => Show(TerminalAbilities.Full, _ => throw new RetortException("stop")));

    private string Show(TerminalAbilities abilities, Action<ITrainingObserver> work, int width = 120)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, TextWriter.Null, abilities, width) { Time = _time };
        ProgressDisplay.Show(terminal, observer =>
        {
            work(observer);
            return 0;
        });
        return output.ToString();
    }

    private static string Plain(string output) => System.Text.RegularExpressions.Regex.Replace(output, "\u001b\\[[0-9;?]*[A-Za-z]", "", System.Text.RegularExpressions.RegexOptions.NonBacktracking);

    private static DryRunResult DryRun => new(
        "student",
        [
            new DryRunTerm("ce", 0.1, 0.25, 1.5, 0.75, [], []),
            new DryRunTerm(
                "ft", 500, 3.5, 0.5, 0.25, [new MatchedTaps("stage3", [64, 8, 8], "stage3", [256, 8, 8])],
                [new MethodPart("paraphraser", 12_000, false), new MethodPart("translator", 1234, true) { Layers = ["Conv2d [32, 64, 3, 3]", "ReLU"] }]),
        ],
        ["change [it]"]) { Untrained = ["teacher"] };

    private static Dictionary<string, double> Terms => new() { ["ce"] = 1, ["kd"] = 0.5 };

    private static StepProgress Step(int epoch, int step) => new("student", epoch, step, 1.5, Terms, 0.05, 1234);

    private static EpochResult Epoch(int epoch, double test) => new("student", epoch, 0.05, 1.5, Terms, 0.61, test, 1234, 2);
}
