using System.Text.Json;
using Retort.Distillation.Options;
using Retort.Tests.Training.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Runs;

public sealed class TeacherStatisticsTests : InTemporaryFolder
{
    [Theory]
    [InlineData("ofd")]
    [InlineData("ab")]
    public void Methods_may_have_a_teacher_that_takes_each_batchs_statistics(string method)
    {
        TinyRun.Do(With(method, "running"), In("running"));
        TinyRun.Do(With(method, "batch"), In("batch"));
        Assert.NotEqual(TinyRun.Student(In("running")), TinyRun.Student(In("batch")));
        Assert.Equal(File.ReadAllText(In("running", "teacher.json")), File.ReadAllText(In("batch", "teacher.json"))); // the same teacher, as good
    }

    [Fact]
    public void A_run_that_is_stopped_reaches_the_same()
    {
        TinyRun.Do(With("ofd", "batch"), In("whole"));
        TinyRun.DoCancelled(With("ofd", "batch"), In("run"), cancel => new() { OnEpoch = e => { if (e.Stage == "student") cancel.Cancel(); } });
        TinyRun.Do(With("ofd", "batch"), In("run"));
        TinyRun.AssertSame(In("whole"), In("run"));
    }

    [Fact]
    public void What_such_a_teacher_says_cannot_be_kept()
    {
        Recipe recipe = With("ofd", "batch");
        recipe = recipe with { Teacher = recipe.Teacher! with { Cache = new() } };
        string message = Assert.Throws<RetortException>(() => TinyRun.Do(recipe, In("run"))).Message;
        Assert.Contains("ofd has teacher_statistics: batch", message);
        Assert.Contains("set teacher.cache.enabled to false", message);
    }

    private static Recipe With(string method, string statistics) => TinyRun.Distilled with
    {
        PlainStudent = false,
        Distill =
        [
            new("ce", 1),
            new(method, 1e-3, (OptionMapping)OptionNode.FromJson(
                JsonDocument.Parse($$"""{ "teacher_statistics": "{{statistics}}" {{(method == "ab" ? ", \"init_epochs\": 1" : "")}} }""").RootElement, "")),
        ],
    };
}
