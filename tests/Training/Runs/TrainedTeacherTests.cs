using System.Text.Json.Nodes;
using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

/// <summary>What becomes of a teacher that comes with its weights.</summary>
public sealed class TrainedTeacherTests : InTemporaryFolder
{
    private const string Weights = "network.safetensors";

    [Fact]
    public void It_sees_images_normalised_as_it_was_trained_whatever_the_students_are()
    {
        RunResult own = TinyRun.Do(TinyRun.Alone, In("teacher"));
        var observer = new RecordingObserver();
        Recipe other = Taught(In("teacher", "student.safetensors")) with
        {
            Data = TinyRun.Data with { Normalization = new() { Mean = [0, 0, 0], Std = [0.1, 1, 0.1] } },
        };
        long before = Collector.LiveTensors();
        RunResult result = TinyRun.Do(other, In("run"), observer);

        Assert.Equal(before, TorchRuntime.LiveTensors);
        Assert.Equal(own.Student.Accuracy, result.Networks[0].Accuracy);
        Assert.Contains(observer.Notices, n => n.StartsWith("The teacher's input is normalised as it was trained: mean ", StringComparison.Ordinal));
        JsonNode record = JsonNode.Parse(File.ReadAllText(In("run", "teacher.json")))!;
        Assert.Equal(own.Student.Accuracy, (double)record["test_top1"]!);
        Assert.Equal(own.Student.Accuracy, (double)record["promised_top1"]!);
        Assert.Equal(In("teacher", "student.safetensors"), (string?)record["checkpoint"]);
        Assert.Matches("^[0-9a-f]{64}$", (string?)record["sha256"]);
        Assert.Contains((string)record["sha256"]!, File.ReadAllText(result.ReportFile));
        Assert.DoesNotContain(observer.Notices, n => n.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_recipe_says_of_its_normalisation_counts_more_than_what_its_file_says()
    {
        TinyRun.Do(TinyRun.Alone, In("teacher"));
        string file = In("teacher", "student.safetensors");
        var said = new NormalizationOptions { Mean = [0.5, 0.25, 0.75], Std = [1, 1, 1] };
        TinyRun.Do(Taught(file) with { Teacher = new() { Model = "resnet8", Checkpoint = file, Normalization = said } }, In("run"));
        JsonNode record = JsonNode.Parse(File.ReadAllText(In("run", "teacher.json")))!;
        Assert.Equal([0.5, 0.25, 0.75], record["mean"]!.AsArray().Select(m => (double)m!));
    }

    [Fact]
    public void One_that_is_worse_than_its_file_promises_is_told()
    {
        TinyRun.Do(TinyRun.Alone, In("teacher"));
        string file = Changed(card => card with { Accuracy = 0.995 });
        var observer = new RecordingObserver();
        TinyRun.Do(Taught(file), In("run"), observer);
        Assert.Contains(observer.Notices, n => n.StartsWith("Warning: the teacher recognises ", StringComparison.Ordinal) && n.Contains("but its file promises 99.50 %", StringComparison.Ordinal));
    }

    [Fact]
    public void One_that_is_worse_than_the_student_alone_is_told()
    {
        // The plain student of the same seed, but with the least likely class in place of the likeliest.
        double alone = TinyRun.Do(TinyRun.Alone, In("teacher")).Student.Accuracy;
        Assert.True(alone > 0);
        string file = Changed(card => card with { Accuracy = null }, (name, tensor) => name.StartsWith("fc.", StringComparison.Ordinal) ? -tensor : tensor);
        var observer = new RecordingObserver();
        RunResult result = TinyRun.Do(Taught(file) with { PlainStudent = true }, In("run"), observer);

        Assert.Equal(alone, result.Networks[1].Accuracy);
        Assert.True(result.Networks[0].Accuracy < alone);
        Assert.Contains(observer.Notices, n => n.Contains("less than the student that was trained alone", StringComparison.Ordinal));
    }

    [Fact]
    public void One_of_other_classes_or_of_the_same_in_another_order_is_refused_before_anything_trains()
    {
        TinyRun.Do(TinyRun.Alone, In("teacher"));
        string reversed = Changed(card => card with { Classes = [.. card.Classes.Reverse()] });
        Assert.Equal(
            $"{reversed}: this teacher has the data's classes in another order: class 0 is 'checked cross' for it and 'striped disc' in the data. "
            + "Take the data as it was trained on, or leave 'teacher.checkpoint' out to train a teacher.", Refusal(reversed));
        string renamed = Changed(card => card with { Classes = [.. card.Classes.Skip(1), "cat"] });
        Assert.StartsWith($"{renamed}: the data has a class 'striped disc', which this teacher does not know. ", Refusal(renamed), StringComparison.Ordinal);
    }

    private string Refusal(string file)
    {
        var observer = new RecordingObserver();
        string message = Assert.Throws<CheckpointException>(() => TinyRun.Do(Taught(file), In("refused " + Guid.NewGuid()), observer)).Message;
        Assert.Empty(observer.Stages);
        return message;
    }

    private static Recipe Taught(string file) => TinyRun.Alone with
    {
        Teacher = new() { Model = "resnet8", Checkpoint = file }, Distill = [new("ce", 0.5), new("kd", 0.5)],
    };

    private string Changed(Func<NetworkCard, NetworkCard> card, Func<string, Tensor, Tensor>? weights = null)
    {
        using var scope = new TensorScope();
        using SavedState saved = Safetensors.Read(In("teacher", "student.safetensors"));
        string file = In($"{Guid.NewGuid()}-{Weights}");
        Safetensors.Write(
            file, saved.Tensors.ToDictionary(t => t.Key, t => weights?.Invoke(t.Key, t.Value) ?? t.Value), card(NetworkCard.FromMetadata(saved.Metadata)!).ToMetadata());
        return file;
    }
}
