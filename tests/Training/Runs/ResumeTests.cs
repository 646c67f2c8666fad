using System.Text.Json;
using Retort.Distillation.Options;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Native;
using Retort.Torch.Serialization;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

/// <summary>A run that was stopped and resumed is, bit for bit, the run that was not.</summary>
public sealed class ResumeTests : InTemporaryFolder
{
    public static TheoryData<OptimizerOptions, double> Optimizers => new()
    {
        { new SgdOptions { Lr = 0.05, Momentum = 0.9 }, 0 },
        { new SgdOptions { Lr = 0.05, Momentum = 0.9, Nesterov = true }, 0.9 },
        { new AdamWOptions(), 0.9 },
    };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Cancelled_within_an_epoch(OptimizerOptions optimizer, double ema)
    {
        Recipe recipe = TinyRun.Probed() with { Train = TinyRun.Train with { Optimizer = optimizer, Ema = ema } };
        TinyRun.Do(recipe, In("whole"));
        foreach (int step in (int[])[2, TinyRun.StepsPerEpoch, TinyRun.StepsPerEpoch + 3, 2 * TinyRun.StepsPerEpoch])
        {
            string folder = In($"stopped at step {step}");
            CancelAtStep(recipe, folder, "student", step);
            Assert.False(File.Exists(Path.Combine(folder, "student.safetensors")));

            var observer = new RecordingObserver();
            TinyRun.Do(recipe, folder, observer);

            TinyRun.AssertSame(In("whole"), folder);
            Assert.Contains("teacher is finished already; its weights are loaded.", observer.Notices);
            Assert.DoesNotContain(observer.Stages, s => s.Name == "teacher");
        }
    }

    [Fact]
    public void Cancelled_with_a_method_that_remembers_samples_and_draws_others()
    {
        var options = OptionNode.FromJson(JsonDocument.Parse(/*lang=json,strict*/ """{"nce_k": 12, "positive": "relax"}""").RootElement, "");
        Recipe recipe = TinyRun.Probed() with { Distill = [.. TinyRun.Probed().Distill, new("crd", 0.1, (OptionMapping)options)] };
        AssertGoesOnAfter(TinyRun.StepsPerEpoch + 2, recipe);
    }

    [Fact]
    public void Cancelled_with_a_method_that_comes_twice()
    {
        Recipe recipe = TinyRun.Probed() with { Distill = [.. TinyRun.Probed().Distill, TinyRun.Probed().Distill[1] with { Weight = 0.25 }] };
        AssertGoesOnAfter(TinyRun.StepsPerEpoch + 2, recipe);
        Assert.Contains("begun with distill.probe-2 0.25, but now distill.probe-2 is 0.75:", Refusal(
            recipe with { Distill = [.. recipe.Distill.Take(2), recipe.Distill[2] with { Weight = 0.75 }] }, "whole"));
        EpochResult last = MetricsLog.Read(Path.Combine(In("whole"), "metrics.jsonl"))[^1];
        Assert.Equal(["ce", "probe", "probe-2"], last.Terms.Keys);
    }

    [Fact]
    public void Cancelled_while_a_teacher_trains_with_branches()
    {
        Recipe recipe = TinyRun.Distilled with { Teacher = new() { Model = "resnet8", Sftn = new(), Train = TinyRun.Train } };
        TinyRun.Do(recipe, In("whole"));
        using var cancel = new CancellationTokenSource();
        var observer = new RecordingObserver();
        using (new LossCount(count => CancelIf(observer.Epochs.Count == 1 && count > 25, cancel)))
            Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Do(recipe, In("stopped"), observer, cancel.Token));
        Assert.Single(observer.Epochs);
        TinyRun.Do(recipe, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void Cancelled_while_the_weight_of_a_term_rises()
    {
        Recipe recipe = TinyRun.Probed() with { Distill = [new("ce", 1), new("probe", 0.5) { WarmupEpochs = 3 }] };
        AssertGoesOnAfter(TinyRun.StepsPerEpoch + 2, recipe);
    }

    [Fact]
    public void Cancelled_within_an_epoch_of_augmented_and_mixed_images()
    {
        Recipe recipe = TinyRun.Probed() with
        {
            Data = TinyRun.Data with
            {
                Augment = new() { ResizedCrop = new(), Randaugment = new(), Erasing = new() { Probability = 0.5 }, Mixup = 0.8, Cutmix = 1 },
            },
            Train = TinyRun.Train with { LabelSmoothing = 0.1, Ema = 0.9, Optimizer = new RmspropTfOptions { DecayVectors = false } },
        };
        AssertGoesOnAfter(TinyRun.StepsPerEpoch + 3, recipe);
    }

    [Fact]
    public void Cancelled_twice_in_one_epoch()
    {
        TinyRun.Do(TinyRun.Probed(), In("whole"));
        CancelAtStep(TinyRun.Probed(), In("stopped"), "student", 2);
        CancelAtStep(TinyRun.Probed(), In("stopped"), "student", 2);
        TinyRun.Do(TinyRun.Probed(), In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Theory]
    [InlineData("The teacher")]
    [InlineData("plain is finished")]
    public void Cancelled_between_stages(string notice)
    {
        TinyRun.Do(TinyRun.Distilled, In("whole"));
        if (notice != "The teacher")
            TinyRun.DoCancelled(TinyRun.Distilled, In("stopped"), cancel => new() { OnEpoch = e => CancelIf(e.Stage == "student", cancel) });
        TinyRun.DoCancelled(TinyRun.Distilled, In("stopped"), cancel => new()
        {
            OnNotice = text => CancelIf(text.StartsWith(notice, StringComparison.Ordinal), cancel),
        });
        TinyRun.Do(TinyRun.Distilled, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Theory]
    [InlineData(/*lang=json,strict*/ """{"stage_epochs": 2}""")]
    [InlineData(/*lang=json,strict*/ """{"stage_epochs": 2, "trains_student": true}""")]
    [InlineData(/*lang=json,strict*/ """{"stage_epochs": 2, "turned": true}""")]
    public void Cancelled_in_and_after_a_stage_of_a_method(string options)
    {
        Recipe recipe = TinyRun.Probed(options);
        TinyRun.Do(recipe, In("whole"));
        CancelAtStep(recipe, In("stopped"), "stage", TinyRun.StepsPerEpoch + 2);
        CancelAtStep(recipe, In("stopped"), "student", 1);
        TinyRun.Do(recipe, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void Cancelled_in_the_stage_and_in_the_student_of_self_supervision()
    {
        Recipe probed = TinyRun.Probed();
        var options = (OptionMapping)OptionNode.FromJson(JsonDocument.Parse("""{"head_epochs": 2}""").RootElement, "");
        Recipe recipe = probed with { Distill = [.. probed.Distill, new("sskd", 1, options)] };
        var observer = new RecordingObserver();
        TinyRun.Do(recipe, In("whole"), observer);
        double[] head = [.. observer.Epochs.Where(e => e.Stage == "sskd.head").Select(e => e.Loss)];
        Assert.True(head is [var first, var last] && last < first, string.Join(", ", head));
        // The student's stage left the head as its own stage had made it.
        using (SavedState learned = Safetensors.Read(In("whole", "checkpoints", "sskd.head", "learner.safetensors")))
        using (SavedState objective = Safetensors.Read(In("whole", "checkpoints", "student", "objective.safetensors")))
            Assert.All(learned.Tensors, t => TensorAssert.Same(t.Value, objective.Tensors[$"sskd.teacher.{t.Key}"], t.Key));

        TinyRun.DoCancelled(recipe, In("stopped"), cancel => new() { OnEpoch = e => CancelIf(e.Stage == "sskd.head", cancel) });
        CancelAtStep(recipe, In("stopped"), "student", TinyRun.StepsPerEpoch + 2);
        TinyRun.Do(recipe, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void Killed_when_the_next_stage_has_not_saved_anything()
    {
        Recipe recipe = TinyRun.Probed(/*lang=json,strict*/ """{"stage_epochs": 1}""");
        KillAtStep(recipe, In("whole"), In("killed"), 2);
        TinyRun.Do(recipe, In("killed"));
        TinyRun.AssertSame(In("whole"), In("killed"));
    }

    [Fact]
    public void Killed_within_a_later_epoch_or_between_its_line_in_the_log_and_its_checkpoint()
    {
        KillAtStep(TinyRun.Probed(), In("whole"), In("killed in epoch 2"), TinyRun.StepsPerEpoch + 2, (last) =>
        {
            if (last)
                TinyRun.Copy(In("whole"), In("killed after epoch 2"));
        });
        foreach (string killed in (string[])[In("killed in epoch 2"), In("killed after epoch 2")])
        {
            TinyRun.Do(TinyRun.Probed(), killed);
            TinyRun.AssertSame(In("whole"), killed);
        }
    }

    [Fact]
    public void A_student_that_has_begun_gets_no_second_dry_run_and_the_report_shows_the_first()
    {
        CancelAtStep(TinyRun.Probed(), In("stopped"), "student", 2);
        var observer = new RecordingObserver();
        TinyRun.Do(TinyRun.Probed(), In("stopped"), observer);

        Assert.Empty(observer.DryRuns);
        Assert.Contains("pooled [64] ← pooled [64]", File.ReadAllText(In("stopped", "report.html")));
    }

    [Fact]
    public void A_finished_run_is_not_trained_again()
    {
        TinyRun.Do(TinyRun.Distilled, In("run"));
        byte[] student = TinyRun.Student(In("run"));
        var observer = new RecordingObserver();

        RunResult again = TinyRun.Do(TinyRun.Distilled, In("run"), observer);

        Assert.Empty(observer.Stages);
        Assert.Equal(3, again.Networks.Count);
        Assert.Equal(student, TinyRun.Student(In("run")));
    }

    [Fact]
    public void Another_recipe_is_refused_with_the_first_key_that_differs()
    {
        TinyRun.DoCancelled(TinyRun.Distilled, In("run"), cancel => new() { OnEpoch = _ => cancel.Cancel() });
        Assert.Equal(
            $"The run in '{In("run")}' was begun with train.epochs 2, but now train.epochs is 3: resume it with the recipe it was begun with, "
            + "or begin anew with --overwrite or another folder (--out).",
            Refusal(TinyRun.Distilled with { Train = TinyRun.Train with { Epochs = 3 } }));
        Assert.Contains("begun with distill.kd 0.5, but now distill.kd is 0.25:", Refusal(TinyRun.Distilled with { Distill = [new("ce", 0.5), new("kd", 0.25)] }));
        Assert.Contains("begun with distill [ce, kd], but now distill is [ce]:", Refusal(TinyRun.Distilled with { Distill = [new("ce", 0.5)] }));
        Assert.Contains("begun with teacher a mapping, but now teacher is not set:", Refusal(TinyRun.Alone));
        Assert.Contains("begun with train.optimizer.name sgd, but now train.optimizer.name is adamw:", Refusal(
            TinyRun.Distilled with { Train = TinyRun.Train with { Optimizer = new AdamWOptions() } }));

        TinyRun.Do(TinyRun.Distilled with { Train = TinyRun.Train with { Threads = 2 } }, In("run"));
    }

    [Fact]
    public void A_path_that_is_spelled_in_another_way_makes_no_other_recipe()
    {
        TinyRun.Do(TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 1 } }, In("teacher"));
        Recipe By(string path) => TinyRun.Distilled with
        {
            PlainStudent = false, Teacher = new() { Model = "resnet8", Checkpoint = path }, Train = TinyRun.Train with { Epochs = 1 },
        };
        TinyRun.Do(By(In("teacher", "student.safetensors")), In("run"));
        TinyRun.Do(By(In(".", "teacher", "..", "teacher", "student.safetensors")), In("run"));
        Assert.Contains("begun with teacher.checkpoint ", Refusal(By(In("teacher", "checkpoints", "best", "network.safetensors"))));
    }

    private string Refusal(Recipe recipe, string folder = "run")
    {
        var refusal = Assert.Throws<RunFolderException>(() => TinyRun.Do(recipe, In(folder)));
        Assert.True(refusal.WrongUse);
        return refusal.Message;
    }

    private void AssertGoesOnAfter(int step, Recipe recipe)
    {
        TinyRun.Do(recipe, In("whole"));
        CancelAtStep(recipe, In("stopped"), "student", step);
        TinyRun.Do(recipe, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    private static void CancelAtStep(Recipe recipe, string folder, string where, int step)
    {
        using var cancel = new CancellationTokenSource();
        var observer = new RecordingObserver();
        int steps = 0;
        Watching(place => CancelIf(place == where && HasBegun(observer, place) && ++steps == step, cancel), () =>
            Assert.ThrowsAny<OperationCanceledException>(() => TinyRun.Do(recipe, folder, observer, cancel.Token)));
        Assert.True(cancel.IsCancellationRequested);
    }

    // Copies the run's folder in the student's step given, that is: before that step's update.
    private static void KillAtStep(Recipe recipe, string folder, string copy, int step, Action<bool>? epochEnded = null)
    {
        int steps = 0;
        var observer = new RecordingObserver { OnEpoch = e => epochEnded?.Invoke(e.Stage == "student" && e.Epoch == recipe.Train.Epochs) };
        Watching(place =>
        {
            if (place == "student" && HasBegun(observer, place) && ++steps == step)
                TinyRun.Copy(folder, copy);
        }, () => TinyRun.Do(recipe, folder, observer));
    }

    private static void Watching(Action<string> watch, Action work)
    {
        ProbeMethod.Watch = watch;
        try
        {
            work();
        }
        finally
        {
            ProbeMethod.Watch = null;
        }
    }

    // The dry run takes the loss too, before the student's stage.
    private static bool HasBegun(RecordingObserver observer, string place) => place != "student" || observer.Stages.LastOrDefault()?.Name == place;

    private static void CancelIf(bool now, CancellationTokenSource cancel)
    {
        if (now)
            cancel.Cancel();
    }

    /// <summary>Tells how many cross-entropies have been computed: a step of a teacher has one of its own and one of each branch.</summary>
    private sealed class LossCount(Action<int> counted) : OperatorObserver
    {
        private int _count;

        public override void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results)
        {
            if (op.Name == "aten::cross_entropy_loss")
                counted(++_count);
        }
    }
}
