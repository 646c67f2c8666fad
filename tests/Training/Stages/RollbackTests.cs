using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Training.Stages;

namespace Retort.Tests.Training.Stages;

/// <summary>A loss that becomes no number: the run stops, or goes back and on at a lower rate.</summary>
public sealed class RollbackTests : InTemporaryFolder
{
    // After a few steps nothing is a number any more.
    private static readonly TrainOptions Exploding = TinyRun.Train with { Epochs = 3, Optimizer = new SgdOptions { Lr = 1e6, Momentum = 0.9 } };

    private static readonly Recipe Rescued = TinyRun.Distilled with
    {
        PlainStudent = false, Train = Exploding with { OnNan = NonFiniteAction.Rollback, RollbackFactor = 1e-7, Schedule = new ConstantScheduleOptions() },
    };

    [Fact]
    public void A_stage_without_a_checkpoint_says_so()
    {
        NonFiniteLossException fault = Assert.Throws<NonFiniteLossException>(() => TinyRun.Do(TinyRun.Alone with { Train = Exploding }, In("run")));
        Assert.Equal(
            $"The loss term \"ce\" of the stage \"student\" became {fault.Value} in epoch 1, step {fault.Step}. The stage has no checkpoint yet. Let the run go back by itself "
            + "and on at a lower rate (--resume --on-nan rollback), or begin anew: lower the learning rate (--set train.optimizer.lr=...), limit gradients "
            + "(--set train.clip_grad_norm=5), or compute in fp32 (--set train.precision=fp32).",
            fault.Message);
        Assert.Equal(("ce", 1), (fault.Term, fault.Epoch));
        Assert.InRange(fault.Step, 2, TinyRun.StepsPerEpoch);
        Assert.False(double.IsFinite(fault.Value));
    }

    [Fact]
    public void A_run_goes_back_to_its_last_checkpoint_and_on_at_a_lower_rate()
    {
        var observer = new RecordingObserver();
        TinyRun.Do(Rescued, In("run"), observer);

        EpochResult[] epochs = [.. MetricsLog.Read(In("run", "metrics.jsonl")).Where(e => e.Stage == "student")];
        Assert.Equal(3, epochs.Length);
        Rollback rollback = Assert.Single(epochs[0].Rollbacks!);
        Assert.Equal((1, "the loss term \"ce\"", 1e-7), (rollback.Epoch, rollback.Cause, rollback.RateFactor));
        Assert.Contains(
            $"Warning: the loss term \"ce\" of student became {rollback.Value} in epoch 1, step {rollback.Step}. Training goes back to the stage's beginning, "
            + "and on with 1E-07 of the learning rate (rollback 1 of at most 3).",
            observer.Notices);
        Assert.All(epochs[1..], epoch => Assert.Null(epoch.Rollbacks));
        Assert.All(epochs, epoch => Assert.Equal(0.1, epoch.LearningRate, 12));
        Assert.All(epochs, epoch => Assert.True(double.IsFinite(epoch.Loss)));
        Assert.Contains(
            $"epoch 1, step {rollback.Step}: the loss term \"ce\" became {rollback.Value}. Training went back",
            System.Net.WebUtility.HtmlDecode(File.ReadAllText(In("run", "report.html"))));

        TinyRun.Do(Rescued, In("again"));
        TinyRun.AssertSame(In("run"), In("again"));
    }

    [Fact]
    public void A_rollback_is_the_run_at_the_lower_rate_from_the_checkpoint_on()
    {
        // Nothing was learned before the rollback, so nothing but the rate may differ from a run that began with it.
        TinyRun.Do(Rescued, In("rescued"));
        TinyRun.Do(
            Rescued with { Teacher = Rescued.Teacher! with { Train = Rescued.TeacherTrain }, Train = Rescued.Train with { Optimizer = new SgdOptions { Lr = 1e6 * 1e-7, Momentum = 0.9 } } },
            In("low"));
        Assert.Equal(TinyRun.Student(In("low")), TinyRun.Student(In("rescued")));
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("cancelled")]
    public void The_lower_rate_holds_after_a_resume(string how)
    {
        TinyRun.Do(Rescued, In("whole"));
        if (how == "killed")
        {
            TinyRun.Do(Rescued, In("first"), new RecordingObserver
            {
                OnNotice = text =>
                {
                    if (text.Contains("goes back", StringComparison.Ordinal))
                        TinyRun.Copy(In("first"), In("stopped"));
                },
            });
        }
        else
        {
            TinyRun.DoCancelled(Rescued, In("stopped"), cancel => new()
            {
                OnEpoch = epoch =>
                {
                    if (epoch is { Stage: "student", Epoch: 2 })
                        cancel.Cancel();
                },
            });
        }

        var observer = new RecordingObserver();
        TinyRun.Do(Rescued, In("stopped"), observer);
        Assert.DoesNotContain(observer.Notices, text => text.Contains("goes back", StringComparison.Ordinal));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void A_run_that_stopped_can_be_rescued_later()
    {
        Recipe stops = TinyRun.Probed($$"""{"nan_at": {{TinyRun.StepsPerEpoch + 2}}}""");
        Assert.Throws<NonFiniteLossException>(() => TinyRun.Do(stops, In("run")));

        // The probe always fails at that step, so this one too must end, and says how often it tried.
        var observer = new RecordingObserver();
        NonFiniteLossException fault = Assert.Throws<NonFiniteLossException>(
            () => TinyRun.Do(stops with { Train = stops.Train with { OnNan = NonFiniteAction.Rollback, MaxRollbacks = 2 } }, In("run"), observer));

        Assert.Equal(["0.5", "0.25"], observer.Notices.Where(n => n.Contains("goes back to the end of epoch 1, and on with ")).Select(n => n.Split("on with ")[1].Split(' ')[0]));
        Assert.StartsWith(
            $"The loss term \"probe\" of the stage \"student\" became NaN in epoch 2, step 2. The last good checkpoint is '{In("run", "checkpoints", "last")}', "
            + "of the end of epoch 1. Training went back to it 2 times already (train.max_rollbacks). Lower the learning rate ",
            fault.Message, StringComparison.Ordinal);
    }
}
