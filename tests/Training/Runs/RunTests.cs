using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Support;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training;
using Retort.Training.Checkpoints;
using Retort.Training.DryRuns;
using Retort.Training.Evaluation;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Runs;

public sealed class RunTests : InTemporaryFolder
{
    [Fact]
    public void A_run_leaves_its_recipe_figures_report_and_student()
    {
        RunResult result = TinyRun.Do(TinyRun.Distilled, In("run"));

        Assert.Equal(["teacher", "student alone", "student distilled"], result.Networks.Select(n => n.Role));
        Assert.Equal(TinyRun.Distilled, Recipe.Load(In("run", "recipe.yaml")));
        Assert.Equal(["teacher 1", "plain 1", "plain 2", "student 1", "student 2"],
            MetricsLog.Read(In("run", "metrics.jsonl")).Select(e => $"{e.Stage} {e.Epoch}"));
        Assert.Contains("</html>", File.ReadAllText(result.ReportFile));
        Assert.True(File.Exists(result.StudentFile));
        using RunFolder again = RunFolder.Open(In("run"), ExistingRun.Resume, TimeProvider.System);
        Assert.True(again.WasFinished);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_one_others()
    {
        TinyRun.Do(TinyRun.Distilled, In("one"));
        TinyRun.Do(TinyRun.Distilled, In("same"));
        TinyRun.Do(TinyRun.Distilled with { Train = TinyRun.Train with { Seed = 8 } }, In("other"));

        TinyRun.AssertSame(In("one"), In("same"));
        Assert.NotEqual(TinyRun.Student(In("one")), TinyRun.Student(In("other")));
    }

    [Fact]
    public void Methods_that_relate_images_and_see_parts_of_a_batch_are_named()
    {
        Recipe recipe = TinyRun.Distilled with { PlainStudent = false, Train = TinyRun.Train with { Epochs = 1, Accumulate = 2 }, Distill = [new("ce", 1), new("kd", 1), new("sp", 1)] };
        RecordingObserver whole = new(), parts = new();
        TinyRun.Do(recipe with { Train = recipe.Train with { Accumulate = 1 } }, In("whole"), whole);
        TinyRun.Do(recipe, In("parts"), parts);
        const string Told = " relates the images of a batch, and sees those of a part: 4 at a time (train.accumulate).";
        Assert.Equal(["sp" + Told], parts.Notices.Where(notice => notice.EndsWith("(train.accumulate).", StringComparison.Ordinal)));
        Assert.DoesNotContain(whole.Notices, notice => notice.Contains("relates", StringComparison.Ordinal));
    }

    [Fact]
    public void Plain_and_distilled_student_start_from_the_same_weights_and_see_the_same_batches()
    {
        // With a weight of 0 the distilled student differs from the plain one in nothing but what it is called.
        TinyRun.Do(TinyRun.Distilled with { Distill = [new("ce", 1), new("kd", 0)] }, In("run"));

        using SavedState plain = Safetensors.Read(In("run", "checkpoints", "plain", "network.safetensors"));
        using SavedState distilled = Safetensors.Read(In("run", "student.safetensors"));
        Assert.NotEmpty(plain.Tensors);
        foreach (var (name, tensor) in plain.Tensors)
            TensorAssert.Same(tensor, distilled.Tensors[name], name);
    }

    [Fact]
    public void The_weight_of_a_term_rises_from_epoch_to_epoch()
    {
        TrainOptions still = TinyRun.Train with { Epochs = 3, Optimizer = new SgdOptions { Lr = 1e-12, Momentum = 0, WeightDecay = 0 } };
        TinyRun.Do(TinyRun.Distilled with { PlainStudent = false, Train = still, Distill = [new("kd", 1) { WarmupEpochs = 2 }] }, In("run"));

        double[] kd = [.. MetricsLog.Read(In("run", "metrics.jsonl")).Where(e => e.Stage == "student").Select(e => e.Terms["kd"])];
        Assert.InRange(kd[0] / kd[2], 0.4, 0.6); // the batches of an epoch are others, but the student is the same
        Assert.InRange(kd[1] / kd[2], 0.8, 1.25);
    }

    [Fact]
    public void A_method_that_reads_labels_is_refused_where_images_are_mixed()
    {
        Recipe recipe = TinyRun.Distilled with { Data = TinyRun.Data with { Augment = new() { Cutmix = 1 } }, Distill = [new("ce", 1), new("dkd", 1)] };
        var refused = Assert.Throws<MethodException>(() => TinyRun.Do(recipe, In("run")));
        Assert.StartsWith("dkd reads which sample an image is", refused.Message, StringComparison.Ordinal);
        TinyRun.Do(recipe with { Data = TinyRun.Data with { Augment = new() { Cutmix = 1, MixProbability = 0 } } }, In("unmixed"));
    }

    [Fact]
    public void Images_are_read_at_one_size_and_seen_at_another()
    {
        foreach (string split in (string[])["train", "test"])
        {
            for (byte k = 0; k < 4; k++)
            {
                string folder = Directory.CreateDirectory(In("images", split, $"class{k % 2}")).FullName;
                File.WriteAllBytes(Path.Combine(folder, $"{k}.png"), PngFile.Flat(60 + k, 50, (byte)(60 * k)));
            }
        }

        var data = new FolderDataOptions { Path = In("images"), Size = 32, Resize = 40 };
        Recipe recipe = TinyRun.Alone with { Data = data, Train = TinyRun.Train with { Epochs = 1, Batch = 2 } };
        string student = TinyRun.Do(recipe, In("run")).StudentFile;
        Assert.Equal(40, data.Read(DatasetSplit.Test, null, null, default).Width);
        using SavedState saved = Safetensors.Read(student);
        NetworkCard card = NetworkCard.FromMetadata(saved.Metadata)!;
        Assert.Equal((32, 40), (card.ImageSize, card.Resize));
        (EvaluationResult measured, _) = new CheckpointEvaluation(student, data, Compute.Plain).Run(new RecordingObserver(), default);
        Assert.Equal(4, measured.Images);
    }

    [Fact]
    public void Weights_say_an_accuracy_only_if_it_was_measured_of_them()
    {
        TinyRun.DoCancelled(TinyRun.Alone with { Train = TinyRun.Train with { Ema = 0.9 } }, In("run"), cancel => new() { OnEpoch = epoch =>
        {
            if (epoch.Epoch == 2)
                cancel.Cancel();
        } });
        Assert.Null(Of("checkpoints", "last", "network.safetensors")); // those that are not averaged
        TinyRun.Do(TinyRun.Alone with { Train = TinyRun.Train with { Ema = 0.9 } }, In("run"));
        Assert.Equal(MetricsLog.Read(In("run", "metrics.jsonl"))[^1].TestAccuracy, Of("student.safetensors"));
        Assert.NotNull(Of("checkpoints", "best", "network.safetensors"));

        double? Of(params string[] file)
        {
            using SavedState saved = Safetensors.Read(In(["run", .. file]));
            return NetworkCard.FromMetadata(saved.Metadata)!.Accuracy;
        }
    }

    [Fact]
    public void The_report_of_a_student_alone_tells_of_no_distilled_one()
    {
        TinyRun.Do(TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 1 } }, In("run"));
        string report = File.ReadAllText(In("run", "report.html"));
        Assert.DoesNotContain("distilled", report);
        Assert.Contains("Confusion of the student", report);
    }

    [Fact]
    public void That_a_trained_teacher_is_not_trained_is_told()
    {
        TinyRun.Do(TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 1 } }, In("teacher"));
        var observer = new RecordingObserver();
        TeacherOptions teacher = new() { Model = "resnet8", Checkpoint = In("teacher", "student.safetensors"), Train = TinyRun.Train };
        TinyRun.Do(TinyRun.Distilled with { PlainStudent = false, Teacher = teacher, Train = TinyRun.Train with { Epochs = 1 } }, In("run"), observer);
        Assert.Contains("teacher.train is not used: the teacher comes trained from its checkpoint.", observer.Notices);
    }

    [Fact]
    public void Splits_of_different_sizes_are_refused_unless_a_size_is_given()
    {
        foreach ((string split, int side) in ((string, int)[])[("train", 32), ("test", 40)])
        {
            for (byte k = 0; k < 4; k++)
            {
                string folder = Directory.CreateDirectory(In("images", split, $"class{k % 2}")).FullName;
                File.WriteAllBytes(Path.Combine(folder, $"{k}.png"), PngFile.Flat(side, side, (byte)(60 * k)));
            }
        }

        var data = new FolderDataOptions { Path = In("images") };
        const string message = "The training images are 32x32, the test images 40x40, but networks see one size: make them alike, or set 'data.size' (of image files) to the size to be seen.";
        Assert.Equal(message, Assert.Throws<DataException>(() => data.Load(null, default)).Message);
        Assert.Equal(message, Assert.Throws<DataException>(data.Outline).Message);
        Assert.Equal(32, (data with { Size = 32 }).Load(null, default).Input.Height);
        Assert.Equal(32, (data with { Size = 32 }).Outline().Size.Height);
    }

    [Fact]
    public void A_recipe_that_was_made_in_code_is_checked_as_a_file_is()
    {
        Refused("'teacher' is missing: 'kd' distills from a teacher, add 'teacher: {model: ...}'.", TinyRun.Alone with { Distill = [new("kd", 1)] });
        Refused("'train.accumulate' is '0', but must be ", TinyRun.Alone with { Train = TinyRun.Train with { Accumulate = 0 } });
        Refused("'train.optimizer.lr' is 'NaN', but must be ", TinyRun.Alone with { Train = TinyRun.Train with { Optimizer = new SgdOptions { Lr = double.NaN } } });
        Refused("'distill.0.kd.warmup_epochs' is '-1', but must be ", TinyRun.Distilled with { Distill = [new("kd", 1) { WarmupEpochs = -1 }] });
        Refused("'data.train_images' is '0', but must be ", TinyRun.Alone with { Data = TinyRun.Data with { TrainImages = 0 } });

        void Refused(string message, Recipe recipe) =>
            Assert.StartsWith(message, Assert.Throws<OptionsException>(() => TinyRun.Do(recipe, In("run"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_whose_file_is_missing_is_told_before_images_are_read()
    {
        Recipe recipe = TinyRun.Distilled with
        {
            Data = new FolderDataOptions { Path = In("no-images") }, Teacher = new() { Model = "resnet8", Checkpoint = In("none.pth") },
        };
        RetortException refused = Assert.ThrowsAny<RetortException>(() => TinyRun.Do(recipe, In("run")));
        Assert.Equal($"{In("none.pth")}: there is no such file; check the path.", refused.Message);
    }

    [Fact]
    public void A_last_batch_that_is_not_full_can_be_left_out()
    {
        Recipe recipe = TinyRun.Alone with { Train = TinyRun.Train with { Batch = 16, DropLast = true, Epochs = 1 } };
        var observer = new RecordingObserver();
        TinyRun.Do(recipe, In("run"), observer);
        Assert.Equal([2], observer.Stages.Select(s => s.StepsPerEpoch)); // 40 images
        var refused = Assert.Throws<RetortException>(() => TinyRun.Do(recipe with { Train = recipe.Train with { Batch = 64 } }, In("none")));
        Assert.Equal("'train.drop_last' leaves nothing to train on: 40 images are no full batch of 64; lower 'train.batch'.", refused.Message);
    }

    [Fact]
    public void A_teacher_does_not_depend_on_the_students_seed_when_it_has_its_own()
    {
        Recipe Seeded(long seed) => TinyRun.Distilled with { Train = TinyRun.Train with { Seed = seed }, PlainStudent = false };
        TinyRun.Do(Seeded(1), In("one"));
        TinyRun.Do(Seeded(2), In("two"));

        Assert.Equal(
            File.ReadAllBytes(In("one", "checkpoints", "teacher", "network.safetensors")),
            File.ReadAllBytes(In("two", "checkpoints", "teacher", "network.safetensors")));
        Assert.NotEqual(TinyRun.Student(In("one")), TinyRun.Student(In("two")));
    }

    [Fact]
    public void A_teacher_with_a_checkpoint_is_not_trained()
    {
        TinyRun.Do(TinyRun.Alone, In("teacher"));
        var observer = new RecordingObserver();
        TinyRun.Do(TinyRun.Distilled with { Teacher = new() { Model = "resnet8", Checkpoint = In("teacher", "student.safetensors") } }, In("run"), observer);

        Assert.Equal(["plain", "student"], observer.Stages.Select(s => s.Name));
    }

    [Fact]
    public void Teacher_and_student_train_each_with_their_own_threads()
    {
        List<(string, int)> threads = [];
        var observer = new RecordingObserver { OnEpoch = epoch => threads.Add((epoch.Stage, TorchRuntime.Threads)) };
        TinyRun.Do(
            TinyRun.Distilled with { PlainStudent = false, Teacher = new() { Model = "resnet8", Train = TinyRun.Train with { Epochs = 1, Threads = 2 } } },
            In("run"), observer);
        Assert.Equal([("teacher", 2), ("student", 1), ("student", 1)], threads);
    }

    [Fact]
    public void A_dry_run_tells_the_terms_of_the_students_first_step()
    {
        Recipe recipe = TinyRun.Distilled with { PlainStudent = false, Train = TinyRun.Train with { Epochs = 1, Batch = 40 } };
        var observer = new RecordingObserver();
        RunResult result = TinyRun.Do(recipe, In("run"), observer);

        Assert.Equal(["student", "student"], observer.DryRuns.Select(dry => dry.Stage));
        DryRunResult first = observer.DryRuns[0], dry = observer.DryRuns[1];
        Assert.Equal(["teacher"], first.Untrained);
        Assert.Empty(first.Advice);
        Assert.Empty(observer.StagesBeforeDryRuns[0]);
        Assert.Empty(dry.Untrained);
        Assert.Equal(first.Terms.Select(term => term.Name), dry.Terms.Select(term => term.Name));
        Assert.NotEqual(first.Terms[1].Value, dry.Terms[1].Value); // the teacher has learned
        Assert.Equal(observer.Epochs[^1].Terms, dry.Terms.ToDictionary(term => term.Name, term => term.Value));
        Assert.Contains("\"gradient_norm\":", File.ReadAllText(In("run", "dry-run.json")));
        Assert.Contains("Dry run", File.ReadAllText(result.ReportFile));
        var alone = new RecordingObserver();
        TinyRun.Do(TinyRun.Alone, In("alone"), alone);
        Assert.Empty(alone.DryRuns);
    }

    [Fact]
    public void A_run_begins_with_a_dry_run_and_makes_no_second_one_where_nothing_that_it_looks_at_trains_first()
    {
        TinyRun.Do(TinyRun.Alone, In("teacher"));
        Recipe recipe = TinyRun.Distilled with
        {
            PlainStudent = true,
            Teacher = new() { Model = "resnet8", Checkpoint = In("teacher", "student.safetensors") },
            Train = TinyRun.Train with { Epochs = 1, Batch = 40 },
        };
        var observer = new RecordingObserver();
        TinyRun.Do(recipe, In("run"), observer);

        DryRunResult dry = Assert.Single(observer.DryRuns);
        Assert.Empty(dry.Untrained);
        Assert.Empty(observer.StagesBeforeDryRuns[0]);
        Assert.Equal(observer.Epochs[^1].Terms, dry.Terms.ToDictionary(term => term.Name, term => term.Value));
    }

    [Fact]
    public void A_stage_of_a_method_runs_before_the_student_and_only_its_learner_moves()
    {
        var observer = new RecordingObserver();
        TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"stage_epochs": 3}"""), In("run"), observer);

        Assert.Equal(["teacher", "probe.warmup", "student"], observer.Stages.Select(s => s.Name));
        double[] losses = [.. observer.Epochs.Where(e => e.Stage == "probe.warmup").Select(e => e.Loss)];
        Assert.True(losses[^1] < losses[0], string.Join(", ", losses));
        string[] saved = [.. Directory.EnumerateFiles(In("run", "checkpoints", "probe.warmup")).Select(f => Path.GetFileName(f)!).Order()];
        Assert.Equal(["learner.safetensors", "state.json"], saved);

        // What it learned is as it was when the student's stage ended, statistics too.
        using SavedState learned = Safetensors.Read(In("run", "checkpoints", "probe.warmup", "learner.safetensors"));
        using SavedState objective = Safetensors.Read(In("run", "checkpoints", "student", "objective.safetensors"));
        foreach (var (name, tensor) in learned.Tensors)
            TensorAssert.Same(tensor, objective.Tensors[$"probe.head.{name}"], name);
    }

    [Fact]
    public void A_methods_modules_train_with_the_student_and_are_saved_but_not_exported()
    {
        TinyRun.Do(TinyRun.Probed() with { Train = TinyRun.Train with { Epochs = 1 } }, In("one"));
        TinyRun.Do(TinyRun.Probed() with { Train = TinyRun.Train with { Epochs = 2 } }, In("two"));

        using SavedState one = Safetensors.Read(In("one", "checkpoints", "last", "objective.safetensors"));
        using SavedState two = Safetensors.Read(In("two", "checkpoints", "last", "objective.safetensors"));
        Assert.False(one.Tensors["probe.connector.1.weight"].Equal(two.Tensors["probe.connector.1.weight"]));
        using SavedState student = Safetensors.Read(In("two", "student.safetensors"));
        Assert.DoesNotContain(student.Tensors.Keys, name => name.StartsWith("probe", StringComparison.Ordinal));
        Assert.Equal("resnet8", NetworkCard.FromMetadata(student.Metadata)?.Model);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_and_the_last_checkpoint_stays()
    {
        var recipe = TinyRun.Probed($$"""{"nan_at": {{TinyRun.StepsPerEpoch + 2}}}""");
        NonFiniteLossException fault = Assert.Throws<NonFiniteLossException>(() => TinyRun.Do(recipe, In("run")));

        Assert.StartsWith(
            "The loss term \"probe\" of the stage \"student\" became NaN in epoch 2, step 2. "
            + $"The last good checkpoint is '{In("run", "checkpoints", "last")}', of the end of epoch 1. ", fault.Message, StringComparison.Ordinal);
        Assert.Equal("probe", fault.Term);
        Assert.Contains("\"epoch\": 2", File.ReadAllText(In("run", "checkpoints", "last", "state.json")));
        using SavedState kept = Safetensors.Read(In("run", "checkpoints", "last", "network.safetensors"));
        Assert.All(kept.Tensors.Values, t => Assert.True(double.IsFinite(t.Sum().ToDouble())));
    }

    [Fact]
    public void Nothing_is_left_in_memory_after_a_run()
    {
        TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"stage_epochs": 1}"""), In("first")); // what is made once
        long before = Collector.LiveTensors();
        TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"stage_epochs": 1}""") with { Train = TinyRun.Train with { Ema = 0.9, ClipGradNorm = 1 } }, In("second"));
        TinyRun.DoCancelled(TinyRun.Distilled, In("third"), cancel => new() { OnEpoch = e => cancel.Cancel() });
        Assert.Throws<NonFiniteLossException>(() => TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"nan_at": 1}"""), In("fourth")));
        Assert.Throws<MethodException>(() => TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"tap": "stage9"}"""), In("fifth")));
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void A_missing_tap_is_refused_before_the_teacher_trains()
    {
        var observer = new RecordingObserver();
        MethodException fault = Assert.Throws<MethodException>(
            () => TinyRun.Do(TinyRun.Probed(/*lang=json,strict*/ """{"tap": "stage9"}"""), In("run"), observer));

        Assert.StartsWith("probe needs the tap \"stage9\" of the student, but resnet8 has only stem, stage1,", fault.Message, StringComparison.Ordinal);
        Assert.Empty(observer.Stages);
    }

    [Fact]
    public void An_unknown_method_or_model_is_refused_before_anything_is_written()
    {
        Assert.Equal($"There is no method named \"proeb\". Did you mean 'probe'? `retort list methods` shows all {ProbeMethod.Registry.Entries.Count}.",
            Assert.Throws<UnknownNameException>(() => TinyRun.Do(TinyRun.Distilled with { Distill = [new("proeb", 1)] }, In("run"))).Message);
        Assert.Throws<UnknownNameException>(() => TinyRun.Do(TinyRun.Alone with { Student = new() { Model = "resnet9" } }, In("run")));
        Assert.False(File.Exists(In("run", "recipe.yaml")));
    }

    [NeedsSmallDiskFact]
    public void A_disk_that_fills_up_is_told_as_such()
    {
        using var disk = new SmallDisk(In("disk"));
        using RunFolder folder = RunFolder.Open(In("disk", "run"), ExistingRun.Refuse, TimeProvider.System, neededBytes: 0);
        using var run = new Run(TinyRun.Alone, folder, new RecordingObserver());

        DiskFullException fault = Assert.Throws<DiskFullException>(() => run.Train());

        Assert.Contains("the disk is full", fault.Message);
        Assert.False(fault.WrongUse);
    }
}
