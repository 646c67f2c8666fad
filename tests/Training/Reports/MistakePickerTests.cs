using Retort.Training.Evaluation;
using Retort.Training.Reports;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Reports;

public sealed class MistakePickerTests
{
    // Labels 0 0 1 1.
    private static readonly ImageDataset Images = new("four", ["cat", "dog"], new ImageSize(1, 1), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], [0, 0, 1, 1]);

    [Fact]
    public void The_students_mistakes_and_what_distillation_fixed_and_broke()
    {
        NetworkSummary plain = Network("student alone", (0, 0.9f), (1, 0.8f), (1, 0.7f), (0, 0.6f));
        NetworkSummary distilled = Network("student distilled", (1, 0.51f), (0, 0.52f), (1, 0.53f), (0, 0.99f));

        IReadOnlyList<MistakeGallery> galleries = MistakePicker.Pick(Images, [plain, distilled]);

        Assert.Equal(["Most confident", "Fixed by distillation", "Broken by distillation"], galleries.Select(g => g.Title));
        Assert.Equal(["four[3]", "four[0]"], galleries[0].Shown.Select(m => m.Source));
        Mistake worst = galleries[0].Shown[0];
        Assert.Equal(("dog", "cat", 0.99, "test image 4", (byte)4), (worst.Class, worst.TakenFor, Math.Round(worst.Confidence, 6), worst.Image.Name, worst.Image.Rgb[0]));
        Assert.Equal(("cat", "dog", 0.8), (galleries[1].Shown.Single().Class, galleries[1].Shown.Single().TakenFor, Math.Round(galleries[1].Shown.Single().Confidence, 6)));
        Assert.Equal("four[0]", galleries[2].Shown.Single().Source);
    }

    [Fact]
    public void A_student_without_a_teacher_fixes_and_breaks_nothing()
    {
        NetworkSummary plain = Network("student alone", (1, 0.9f), (1, 0.9f), (0, 0.9f), (0, 0.9f));
        NetworkSummary student = Network("student", (0, 0.9f), (0, 0.9f), (1, 0.9f), (0, 0.9f));

        Assert.Equal(["Most confident"], MistakePicker.Pick(Images, [plain, student]).Select(g => g.Title));
        Assert.Empty(MistakePicker.Pick(Images, [Network("student", (0, 1), (0, 1), (1, 1), (1, 1))]));
        Assert.Empty(MistakePicker.Pick(Images, []));
        Assert.Empty(MistakePicker.Pick(Images, [student with { Predictions = null }]));
    }

    [Fact]
    public void Few_are_shown_of_many_and_all_are_counted()
    {
        ImageDataset many = Images.Subset("many", new int[500]);
        NetworkSummary student = Network("student distilled", [.. Enumerable.Range(0, 500).Select(i => (1, i / 1000f))]);

        MistakeGallery gallery = MistakePicker.Pick(many, [student]).Single();

        Assert.Equal((500, MistakePicker.MostShown), (gallery.Total, gallery.Shown.Count));
        Assert.Equal("test image 500", gallery.Shown[0].Image.Name);
    }

    private static NetworkSummary Network(string role, params (int Class, float Confidence)[] answers) => new(
        role, "resnet8", 1, 1, 0, 0, 1, Predictions: new Predictions(
            answers.Select((a, i) => new Prediction(answers.Length == 4 ? i / 2 : 0, a.Class, a.Confidence)), answers.Select(_ => new Half[2])));
}
