using Retort.Tests.Training.Support;
using Retort.Training.Progress;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Runs;

/// <summary>Class weights reach the cross-entropy of every network that is trained.</summary>
public sealed class ClassWeightRunTests : InTemporaryFolder
{
    private static readonly TrainOptions Train = TinyRun.Train with { Epochs = 1 };

    [Fact]
    public void Teacher_student_alone_and_distilled_student_all_learn_with_them()
    {
        Recipe recipe = TinyRun.Distilled with { Train = Train };
        IReadOnlyDictionary<string, double> plain = CrossEntropies(recipe, "plain"), weighted = CrossEntropies(Weighted(recipe), "weighted");
        Assert.Equal(["plain", "student", "teacher"], plain.Keys.Order(StringComparer.Ordinal));
        Assert.All(plain.Keys, stage => Assert.NotEqual(plain[stage], weighted[stage]));
    }

    [Fact]
    public void A_wrong_number_of_them_is_told_before_anything_is_trained()
    {
        var observer = new RecordingObserver();
        Recipe recipe = TinyRun.Alone with { Train = Train with { ClassWeights = new([1, 2, 3]) } };
        Assert.Contains("has 3 weights, but the data has 10 classes", Assert.Throws<RetortException>(() => TinyRun.Do(recipe, In("run"), observer)).Message);
        Assert.Empty(observer.Stages);
    }

    private static Recipe Weighted(Recipe recipe)
    {
        TrainOptions train = recipe.Train with { ClassWeights = new([.. Enumerable.Range(1, 10).Select(c => (double)c)]) };
        return recipe with { Train = train, Teacher = recipe.Teacher! with { Train = train } };
    }

    private Dictionary<string, double> CrossEntropies(Recipe recipe, string folder)
    {
        var observer = new RecordingObserver();
        TinyRun.Do(recipe, In(folder), observer);
        return observer.Epochs.ToDictionary((EpochResult epoch) => epoch.Stage, epoch => epoch.Terms["ce"]);
    }
}
