using Retort.Tests.Torch;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Runs;

namespace Retort.Tests.Training.Runs;

/// <summary>A student that starts from weights that there are.</summary>
public sealed class StudentCheckpointTests : InTemporaryFolder
{
    // So slow that nothing but running statistics moves.
    private static readonly TrainOptions Still = TinyRun.Train with { Epochs = 1, Optimizer = new SgdOptions { Lr = 1e-12 } };

    [Fact]
    public void It_starts_from_them_alone_and_distilled()
    {
        TinyRun.Do(TinyRun.Alone, In("first"));
        string first = In("first", "student.safetensors");
        Recipe second = TinyRun.Distilled with { Student = new() { Model = "resnet8", Checkpoint = first }, Train = Still };
        long before = Collector.LiveTensors();
        var observer = new RecordingObserver();
        RunResult result = TinyRun.Do(second, In("second"), observer);
        Assert.Equal(before, TorchRuntime.LiveTensors);
        Assert.Contains($"{first}, weights ", File.ReadAllText(result.ReportFile), StringComparison.Ordinal);
        Assert.DoesNotContain(observer.Notices, notice => notice.StartsWith("The student starts", StringComparison.Ordinal));
        Assert.InRange(Apart(first, In("second", "student.safetensors")), 0, 1e-6);
        Assert.InRange(Apart(first, In("second", "checkpoints", "plain")), 0, 1e-6);
        TinyRun.Do(second with { Student = new() { Model = "resnet8" } }, In("anew"));
        Assert.True(Apart(first, In("anew", "student.safetensors")) > 0.01);
    }

    [Fact]
    public void That_they_know_images_normalised_otherwise_is_told()
    {
        TinyRun.Do(TinyRun.Alone, In("first"));
        Recipe other = TinyRun.Alone with
        {
            Student = new() { Model = "resnet8", Checkpoint = In("first", "student.safetensors") },
            Data = TinyRun.Data with { Normalization = new() { Mean = [0, 0.25, 0], Std = [1, 1, 0.5] } },
        };
        var observer = new RecordingObserver();
        TinyRun.Do(other, In("second"), observer);
        string notice = Assert.Single(observer.Notices, notice => notice.StartsWith("The student starts from weights that were trained with mean ", StringComparison.Ordinal));
        Assert.EndsWith("and sees mean 0, 0.25, 0, std 1, 1, 0.5 now: data.normalization can be set to the former.", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_goes_on_does_not_start_again()
    {
        TinyRun.Do(TinyRun.Alone, In("first"));
        Recipe second = TinyRun.Alone with { Student = new() { Model = "resnet8", Checkpoint = In("first", "student.safetensors") } };
        TinyRun.Do(second, In("whole"));
        TinyRun.DoCancelled(second, In("broken"), cancel => new RecordingObserver { OnEpoch = _ => cancel.Cancel() });
        TinyRun.Do(second, In("broken"));
        Assert.Equal(0, Apart(In("whole", "student.safetensors"), In("broken", "student.safetensors")));
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused()
    {
        TinyRun.Do(TinyRun.Alone, In("first"));
        string first = In("first", "student.safetensors");
        string Refusal(StudentOptions student, Recipe? recipe = null) =>
            Assert.ThrowsAny<RetortException>(() => TinyRun.Do((recipe ?? TinyRun.Alone) with { Student = student }, In("run"))).Message;
        Assert.StartsWith($"{In("none.pth")}: ", Refusal(new() { Model = "resnet8", Checkpoint = In("none.pth") }), StringComparison.Ordinal);
        Assert.StartsWith(
            $"{first}: the weights are not those of resnet14 with ", Refusal(new() { Model = "resnet14", Checkpoint = first }), StringComparison.Ordinal);
        string other = In("other.safetensors");
        using (SavedState saved = Safetensors.Read(first))
        {
            NetworkCard card = NetworkCard.FromMetadata(saved.Metadata)!;
            Safetensors.Write(other, saved.Tensors, (card with { Classes = [.. card.Classes.Reverse()] }).ToMetadata());
        }

        string order = Refusal(new() { Model = "resnet8", Checkpoint = other });
        Assert.StartsWith($"{other}: this student has the data's classes in another order: ", order, StringComparison.Ordinal);
        Assert.EndsWith("or leave 'student.checkpoint' out to train a student.", order, StringComparison.Ordinal);
    }

    private static double Apart(string one, string other)
    {
        using var scope = new TensorScope();
        Dictionary<string, Tensor> Parameters(string path)
        {
            using Network network = CheckpointLoader.Open(path).Network;
            return network.NamedParameters().ToDictionary(entry => entry.Key, entry => entry.Value.Detach().Clone());
        }

        Dictionary<string, Tensor> a = Parameters(one), b = Parameters(other);
        return a.Max(entry => (entry.Value - b[entry.Key]).Abs().Max().ToDouble());
    }
}
