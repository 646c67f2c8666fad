using System.Text.Json;
using Retort.Distillation.Options;
using Retort.Tests.Training.Support;
using Retort.Torch.Serialization;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Runs;

/// <summary>What a method trained for a teacher serves its other students; factor transfer's paraphraser stands for all.</summary>
public sealed class ReusedLearnerTests : InTemporaryFolder
{
    [Fact]
    public void A_run_with_the_paraphraser_of_another_gives_the_same_student_without_training_it()
    {
        var first = new RecordingObserver();
        TinyRun.Do(Transfer("{}", teacher: null), In("one"), first);
        string paraphraser = In("one", "checkpoints", "ft.paraphraser");
        Assert.Equal(["teacher", "ft.paraphraser", "student"], first.Stages.Select(s => s.Name));
        Assert.Contains($"ft.paraphraser lies in {paraphraser}; other students of this teacher can take it from there.", first.Notices);

        foreach (string path in (string[])[paraphraser, Path.Combine(paraphraser, "learner.safetensors")])
        {
            var observer = new RecordingObserver();
            string folder = In(Path.GetFileName(path));
            TinyRun.Do(Transfer(Given(path)), folder, observer);

            Assert.Equal(["student"], observer.Stages.Select(s => s.Name));
            Assert.Contains($"ft.paraphraser is taken from {path}, which was trained for this teacher.", observer.Notices);
            Assert.Equal(TinyRun.Student(In("one")), TinyRun.Student(folder));
            Assert.Contains("ft.paraphraser: the teacher's map and what is rebuilt of its factor", File.ReadAllText(Path.Combine(folder, "report.html")));
        }

        string report = File.ReadAllText(In("one", "report.html"));
        Assert.Contains("Loss: ft.paraphraser", report);
        Assert.Contains("data:image/png;base64,", report);
    }

    [Fact]
    public void One_of_another_teacher_or_another_rate_or_none_at_all_is_refused()
    {
        TinyRun.Do(Transfer("{}", teacher: null), In("one"));
        string paraphraser = In("one", "checkpoints", "ft.paraphraser");
        TinyRun.Do(TinyRun.Alone with { Train = TinyRun.Train with { Epochs = 1 } }, In("other"));

        Assert.Equal(
            $"{paraphraser}: ft.paraphraser in it was trained for a teacher with other weights. Name one of this teacher, or leave the option out to train it.",
            Refusal(Transfer(Given(paraphraser), teacher: In("other", "student.safetensors"))));

        // What can be seen without the teacher's weights is seen before it trains for hours.
        var observer = new RecordingObserver();
        Assert.StartsWith(
            $"{paraphraser}: the weights in it are not those of ft.paraphraser with the options and the teacher of this recipe. ",
            Refusal(Transfer(Given(paraphraser, /*lang=json,strict*/ ", \"rate\": 0.25"), teacher: null), observer), StringComparison.Ordinal);
        Assert.Contains(In("nowhere"), Refusal(Transfer(Given(In("nowhere")), teacher: null), observer));
        Assert.Empty(observer.Stages);
    }

    [Fact]
    public void One_that_another_program_made_is_taken_and_that_is_said()
    {
        TinyRun.Do(Transfer("{}", teacher: null), In("one"));
        string foreign = In("foreign.safetensors");
        using (SavedState saved = Safetensors.Read(In("one", "checkpoints", "ft.paraphraser", "learner.safetensors")))
            Safetensors.Write(foreign, saved.Tensors);
        var observer = new RecordingObserver();
        TinyRun.Do(Transfer(Given(foreign)), In("two"), observer);

        Assert.Contains($"ft.paraphraser is taken from {foreign}, which does not say for which teacher it was trained.", observer.Notices);
        Assert.Equal(TinyRun.Student(In("one")), TinyRun.Student(In("two")));
    }

    private string Refusal(Recipe recipe, RecordingObserver? observer = null) =>
        Assert.ThrowsAny<RetortException>(() => TinyRun.Do(recipe, In("refused " + Guid.NewGuid()), observer)).Message;

    private static string Given(string path, string more = "") => $$"""{"paraphraser": {{JsonSerializer.Serialize(path)}}{{more}}}""";

    private Recipe Transfer(string options) => Transfer(options, In("one", "checkpoints", "teacher", "network.safetensors"));

    private static Recipe Transfer(string options, string? teacher)
    {
        OptionMapping given = (OptionMapping)OptionNode.FromJson(JsonDocument.Parse(options).RootElement, "");
        return TinyRun.Alone with
        {
            Teacher = new() { Model = "resnet8", Checkpoint = teacher },
            Distill = [new("ce", 1), new("ft", 10, given.With("paraphraser_epochs", new OptionScalar("1", quoted: false)))],
            Train = TinyRun.Train with { Epochs = 1 },
        };
    }
}
