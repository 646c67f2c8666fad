using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Runs;

/// <summary>Runs that train a student-friendly teacher, and students of it.</summary>
public sealed class TeacherTrainingTests : InTemporaryFolder
{
    private static readonly Recipe Friendly = TinyRun.Alone with
    {
        Teacher = new() { Model = "resnet8", Sftn = new(), Train = TinyRun.Train },
        Distill = [new("ce", 0.5), new("kd", 0.5)],
        Train = TinyRun.Train with { Epochs = 1 },
    };

    private string TeacherFile => In("run", "checkpoints", "teacher", "network.safetensors");

    [Fact]
    public void The_teacher_trains_with_branches_shows_their_terms_and_is_then_a_teacher_like_any_other()
    {
        var observer = new RecordingObserver();
        TinyRun.Do(Friendly, In("run"), observer);

        Assert.Equal(["teacher", "student"], observer.Stages.Select(s => s.Name));
        Assert.All(observer.Epochs.Where(e => e.Stage == "teacher"), e => Assert.Equal(["branch_ce", "branch_kl", "ce"], e.Terms.Keys.Order()));
        Assert.All(observer.Epochs, e => Assert.NotNull(e.TestAccuracy));
        Assert.Contains(observer.Notices, text => text.StartsWith("The teacher resnet8 has branches of resnet8: stage1 [16, 32, 32] to stage1 ", StringComparison.Ordinal));
        Assert.Contains("branch_kl", File.ReadAllText(In("run", "report.html")));

        using SavedState branches = Safetensors.Read(In("run", "checkpoints", "teacher", "branches.safetensors"));
        Assert.Contains("branches.1.student.layer3.0.conv1.weight", branches.Tensors.Keys);
        using SavedState saved = Safetensors.Read(TeacherFile);
        Assert.DoesNotContain(saved.Tensors.Keys, name => name.StartsWith("branches", StringComparison.Ordinal));
        NetworkCard card = NetworkCard.FromMetadata(saved.Metadata)!;
        Assert.Equal(("sftn", "resnet8", "3", "1"), (card.Training["method"], card.Training["student"], card.Training["lambda_kl"], card.Training["temperature"]));
        Assert.StartsWith("stage1 [16, 32, 32] to stage1 [16, 32, 32] by 1x1 convolution; ", card.Training["branches"], StringComparison.Ordinal);
        using SavedState student = Safetensors.Read(In("run", "student.safetensors"));
        Assert.Empty(NetworkCard.FromMetadata(student.Metadata)!.Training);

        // A student of another family, which no branch was made of.
        var unseen = new RecordingObserver();
        TinyRun.Do(Friendly with { Student = new() { Model = "wrn_16_1" }, Teacher = new() { Model = "resnet8", Checkpoint = TeacherFile } }, In("unseen"), unseen);
        Assert.Equal(["student"], unseen.Stages.Select(s => s.Name));
        Assert.Contains(unseen.Notices, text => text.StartsWith("The weights of the teacher resnet8 were trained with method sftn, ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_teachers_loss_is_looked_at_before_its_first_step_and_the_report_keeps_it()
    {
        Recipe recipe = Friendly with { Teacher = Friendly.Teacher! with { Train = TinyRun.Train with { Epochs = 1, Batch = 40 } } };
        var observer = new RecordingObserver();
        TinyRun.Do(recipe, In("run"), observer);

        Assert.Equal([("student", "teacher"), ("teacher", ""), ("student", "")], observer.DryRuns.Select(dry => (dry.Stage, string.Join(' ', dry.Untrained))));
        Assert.Equal(observer.Epochs[0].Terms, observer.DryRuns[1].Terms.ToDictionary(term => term.Name, term => term.Value));
        Assert.Contains("branch_kl", File.ReadAllText(In("run", "dry-run-teacher.json")));
        Assert.Contains("Terms of the teacher’s loss", File.ReadAllText(In("run", "report.html")));
    }

    [Fact]
    public void Branches_change_the_teacher_but_not_when_they_weigh_nothing()
    {
        Recipe With(StudentFriendlyTeacherOptions? sftn) => Friendly with { Teacher = Friendly.Teacher! with { Sftn = sftn, Train = TinyRun.Train with { Epochs = 1 } } };
        TinyRun.Do(With(null), In("labels"));
        TinyRun.Do(With(new() { LambdaKl = 0, LambdaCe = 0 }), In("nothing"));
        TinyRun.Do(With(new()), In("branches"));

        using SavedState labels = Teacher("labels"), nothing = Teacher("nothing"), branches = Teacher("branches");
        foreach ((string name, Tensor tensor) in labels.Tensors)
            TensorAssert.Same(tensor, nothing.Tensors[name], name);
        Assert.False(labels.Tensors["conv1.weight"].Equal(branches.Tensors["conv1.weight"]));
    }

    [Fact]
    public void A_teacher_that_was_stopped_and_resumed_is_bit_for_bit_the_one_that_was_not()
    {
        TinyRun.Do(Friendly, In("whole"));
        TinyRun.DoCancelled(Friendly, In("stopped"), cancel => new() { OnEpoch = _ => cancel.Cancel() });
        Assert.False(Directory.Exists(In("stopped", "checkpoints", "teacher")));
        TinyRun.DoCancelled(Friendly, In("stopped"), cancel => new()
        {
            OnEpoch = e =>
            {
                if (e.Stage == "student")
                    cancel.Cancel();
            },
        });
        TinyRun.Do(Friendly, In("stopped"));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void A_pretrained_teacher_starts_from_its_checkpoint_and_trains_on()
    {
        TinyRun.Do(TinyRun.Alone, In("first"));
        TrainOptions still = TinyRun.Train with { Epochs = 1, Optimizer = new SgdOptions { Lr = 1e-12, Momentum = 0, WeightDecay = 0 } };
        var observer = new RecordingObserver();
        Recipe recipe = Friendly with
        {
            Teacher = new() { Model = "resnet8", Checkpoint = In("first", "student.safetensors"), Sftn = new() { Init = TeacherStart.Pretrained }, Train = still },
        };
        TinyRun.Do(recipe, In("run"), observer);

        Assert.Equal(["teacher", "student"], observer.Stages.Select(s => s.Name));
        using SavedState before = Safetensors.Read(In("first", "student.safetensors")), after = Safetensors.Read(TeacherFile);
        TensorAssert.Close(before.Tensors["conv1.weight"], after.Tensors["conv1.weight"], 1e-6);
        Assert.False(before.Tensors["bn1.running_mean"].Equal(after.Tensors["bn1.running_mean"])); // it was in training mode
        Assert.Equal("pretrained", NetworkCard.FromMetadata(after.Metadata)!.Training["init"]);
    }

    [Fact]
    public void Nothing_is_left_in_memory_after_a_run_whether_it_ends_or_is_refused()
    {
        Recipe refused = Friendly with { Teacher = Friendly.Teacher! with { Sftn = new() { Branches = [new("stage1", "stage9")] } } };
        TinyRun.Do(Friendly, In("first"));
        long before = Collector.LiveTensors();
        TinyRun.Do(Friendly with { Teacher = Friendly.Teacher with { Train = TinyRun.Train with { Ema = 0.9 } } }, In("second"));
        var observer = new RecordingObserver();
        Assert.Throws<Retort.Distillation.MethodException>(() => TinyRun.Do(refused, In("third"), observer));
        Assert.Empty(observer.Stages);
        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void An_unknown_model_of_branches_is_refused_before_anything_is_written()
    {
        Assert.Throws<UnknownNameException>(() => TinyRun.Do(
            Friendly with { Teacher = Friendly.Teacher! with { Sftn = new() { Student = "resnet9" } } }, In("run")));
        Assert.False(File.Exists(In("run", "recipe.yaml")));
    }

    private SavedState Teacher(string run) => Safetensors.Read(In(run, "checkpoints", "teacher", "network.safetensors"));
}
