using System.Xml.Linq;
using Retort.Training.Evaluation;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>How alike the students and their teacher answer.</summary>
internal sealed class AgreementSection(IReadOnlyList<NetworkSummary> networks)
{
    private static readonly (string Heading, Func<Agreement, string> Value)[] Columns =
    [
        ("Same class", a => Figures.Percent(a.Top1)),
        ("Where the teacher is right", a => Figures.Percent(a.WhereRight)),
        ("Where it is wrong", a => Figures.Percent(a.WhereWrong)),
        ("Total variation", a => Figures.Loss(a.TotalVariation)),
    ];

    /// <summary>Makes the table and its footnote; nothing when there is no teacher or no student.</summary>
    public IEnumerable<XElement?> Render()
    {
        NetworkSummary? teacher = Comparison.Teacher(networks);
        NetworkSummary[] students = [.. networks.Where(n => n != teacher && n.Predictions is not null)];
        if (teacher?.Predictions is not { } taught || students.Length == 0)
        {
            yield break;
        }

        yield return Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", "Agreement with the teacher"),
            El("table", At("class", "agreement"),
                El("caption", "Share of the test images that student and teacher take for the same class."),
                El("thead", El("tr", El("th", At("scope", "col"), "Network"), Columns.Select(c => El("th", At("scope", "col"), At("class", "n"), c.Heading)))),
                El("tbody", students.Select(s => Row(s, Agreement.Between(s.Predictions!, taught))))));
        yield return El("p", At("class", "note"),
            "Where it is wrong: the share of the teacher’s mistakes that the student makes too, with the same wrong class. Total variation: half "
            + "the sum over classes of the difference between both softmax probabilities, mean over the images; 0 is the same, 1 has nothing in common.");
    }

    private static XElement Row(NetworkSummary student, Agreement agreement)
        => El("tr", El("th", At("scope", "row"), student.Role), Columns.Select(c => El("td", At("class", "n"), c.Value(agreement))));
}
