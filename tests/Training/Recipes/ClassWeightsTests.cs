using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Recipes;

public sealed class ClassWeightsTests
{
    [Fact]
    public void Balanced_weights_make_classes_equal_and_are_1_in_the_mean_over_the_images()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 50; trial++)
        {
            int classes = random.Next(2, 9);
            int[] labels = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.Next(classes) * random.Next(2))];
            IReadOnlyList<double> weights = ClassWeights.Balanced.Of(Images(classes, labels));
            double[] totals = [.. Enumerable.Range(0, classes).Select(c => weights[c] * labels.Count(label => label == c))];
            int present = labels.Distinct().Count();
            Assert.Equal(1, labels.Sum(label => weights[label]) / labels.Length, 1e-9);
            Assert.All(labels.Distinct(), c => Assert.Equal((double)labels.Length / present, totals[c], 1e-9));
            Assert.All(Enumerable.Range(0, classes).Except(labels), c => Assert.Equal(0, weights[c]));
        }
    }

    [Fact]
    public void A_list_is_taken_as_it_is_and_must_have_a_weight_for_each_class()
    {
        Assert.Equal([1, 2.5], Weights("[1, 2.5]").Of(Images(2, [0, 1, 1])));
        var refused = Assert.Throws<RetortException>(() => Weights("[1, 2.5]").Of(Images(3, [0, 1, 2])));
        Assert.Equal("'class_weights' has 2 weights, but the data has 3 classes: give one for each, in label order.", refused.Message);
        Assert.True(refused.WrongUse);
    }

    [Theory]
    [InlineData("balancd", "is 'balancd'")]
    [InlineData("1", "is '1'")]
    [InlineData("[1]", "is a list")]
    [InlineData("[1, 0]", "has '0'")]
    [InlineData("[1, -2]", "has '-2'")]
    [InlineData("[1, two]", "has 'two'")]
    public void Other_values_are_refused_with_their_place(string yaml, string what)
    {
        string message = Assert.Throws<OptionsException>(() => Weights(yaml)).Message;
        Assert.StartsWith("test.yaml:2:", message, StringComparison.Ordinal);
        Assert.EndsWith(
            $"'train.class_weights' {what}, but must be 'balanced', or a list of a number above 0 for each class.", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("balanced")]
    [InlineData("[1, 2.5]")]
    public void They_are_written_as_they_are_read(string yaml)
    {
        Recipe recipe = Of(yaml);
        Assert.Equal(recipe, Recipe.Parse(recipe.ToYaml(), "again.yaml"));
        Assert.Contains($"class_weights: {yaml}", recipe.ToYaml().Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_that_is_trained_has_those_of_the_student_unless_it_has_its_own()
    {
        const string Yaml = "student: {model: resnet8}\ntrain: {class_weights: balanced}\nteacher: {model: resnet8, train: ";
        Assert.Equal(ClassWeights.Balanced, Recipe.Parse(Yaml + "{epochs: 2}}", "t.yaml").TeacherTrain.ClassWeights);
        Assert.Equal([3, 4], Recipe.Parse(Yaml + "{class_weights: [3, 4]}}", "t.yaml").TeacherTrain.ClassWeights!.Values!);
        Assert.Null(Recipe.Parse(Yaml + "{class_weights: null}}", "t.yaml").TeacherTrain.ClassWeights);
    }

    private static ClassWeights Weights(string yaml) => Of(yaml).Train.ClassWeights!;

    private static Recipe Of(string yaml) => Recipe.Parse($"student: {{model: resnet8}}\ntrain: {{class_weights: {yaml}}}", "test.yaml");

    private static ImageDataset Images(int classes, int[] labels) =>
        new("x", [.. Enumerable.Range(0, classes).Select(c => $"{c}")], ImageSize.Square(1), new byte[3 * labels.Length], labels);
}
