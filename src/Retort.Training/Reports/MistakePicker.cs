using Retort.Training.Evaluation;
using Retort.Vision.Datasets;

namespace Retort.Training.Reports;

/// <summary>Picks the mistakes that say most: the student's most confident ones, and those that distillation took away or brought.</summary>
internal static class MistakePicker
{
    /// <summary>So many pictures of a kind at most: with those of <see cref="Thumbnail"/>, a report grows by 1 MB at most.</summary>
    public const int MostShown = 12;

    /// <summary>Picks from what the networks said of the test images.</summary>
    /// <param name="images">The test images.</param>
    /// <param name="networks">The networks of a run, the student last.</param>
    /// <returns>The kinds of which there are any.</returns>
    public static IReadOnlyList<MistakeGallery> Pick(ImageDataset images, IReadOnlyList<NetworkSummary> networks)
    {
        if (networks is not [.., { Predictions: { } student } last])
            return [];
        List<MistakeGallery> galleries =
        [
            Gallery("Most confident", $"that the {last.Role} gets wrong.", student, i => !student.Answers[i].IsHit),
        ];
        if (Comparison.Plain(networks)?.Predictions is { } plain && last == Comparison.Distilled(networks))
        {
            galleries.Add(Gallery(
                "Fixed by distillation", $"that the {Comparison.PlainRole} gets wrong, as shown, and the {last.Role} right.", plain,
                i => !plain.Answers[i].IsHit && student.Answers[i].IsHit));
            galleries.Add(Gallery(
                "Broken by distillation", $"that the {last.Role} gets wrong, as shown, and the {Comparison.PlainRole} right.", student,
                i => plain.Answers[i].IsHit && !student.Answers[i].IsHit));
        }

        return [.. galleries.Where(gallery => gallery.Total > 0)];

        MistakeGallery Gallery(string title, string explanation, Predictions who, Func<int, bool> isOne)
        {
            int[] all = [.. Enumerable.Range(0, who.Count).Where(isOne)];
            return new MistakeGallery(title, explanation, all.Length,
                [.. all.OrderByDescending(i => who.Answers[i].Confidence).Take(MostShown).Select(i => Describe(i, who.Answers[i]))]);
        }

        Mistake Describe(int i, Prediction answer) => new(
            Thumbnail.Of(images, i, $"test image {i + 1}"), images.Source(i), images.Classes[answer.Label], Name(answer.Class), answer.Confidence);

        string Name(int label) => label < images.Classes.Count ? images.Classes[label] : $"class {label}";
    }
}
