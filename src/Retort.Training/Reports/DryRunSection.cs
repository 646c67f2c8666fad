using System.Xml.Linq;
using Retort.Training.DryRuns;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>What the loss of a stage was made of before its first step: shares of the gradient, taps, the methods' modules.</summary>
internal sealed class DryRunSection(DryRunResult result)
{
    /// <summary>Makes the table, its footnote and the advice.</summary>
    public IEnumerable<XElement?> Render()
    {
        string title = $"Terms of the {result.Stage}’s loss";
        yield return El("h3", title);
        yield return Div("scroll", At("tabindex", "0"), At("role", "region"), At("aria-label", title),
            El("table",
                Unseen(title),
                El("thead", El("tr",
                    El("th", At("scope", "col"), "Term"),
                    new[] { "Weight", "Loss", "Gradient", "Share" }.Select(h => El("th", At("scope", "col"), At("class", "n"), h)),
                    El("th", At("scope", "col"), "Taps: student ← teacher"), El("th", At("scope", "col"), "Own modules"))),
                El("tbody", result.Terms.Select(Row))));
        yield return El("p", At("class", "note"),
            "The first batch, before the first step. Gradient: norm of the weighted term’s gradient with respect to the parameters "
            + "of the network that trains. Share: of the sum of these norms.");
        foreach (string advice in result.Advice)
        {
            yield return El("p", At("class", "note advice"), advice);
        }
    }

    private static XElement Row(DryRunTerm term)
        => El("tr",
            El("th", At("scope", "row"), term.Name),
            new[] { Figures.Loss(term.Weight), Figures.Loss(term.Value), Figures.Loss(term.GradientNorm), Figures.Percent(term.Share) }
                .Select(figure => El("td", At("class", "n"), figure)),
            Lines(term.Taps.Select(pair => pair.ToString())),
            Lines(term.Parts.SelectMany(part => (string[])[Figures.Part(part), Figures.Layers(part)]).Where(line => line.Length > 0)));

    private static XElement Lines(IEnumerable<string> lines) => El("td", At("class", "lines"), lines.Select(line => El("div", line)));
}
