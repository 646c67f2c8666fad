using System.Xml.Linq;
using static Retort.Training.Reports.Html;

namespace Retort.Training.Reports;

/// <summary>Test images that a student got wrong, as pictures.</summary>
internal sealed class MistakesSection(IReadOnlyList<MistakeGallery> galleries)
{
    /// <summary>Makes a row of pictures for each kind.</summary>
    public IEnumerable<XElement?> Render() => galleries.Select(gallery => El("figure", At("class", "gallery"),
        El("figcaption",
            El("h3", gallery.Title),
            El("p", $"{Extent(gallery)} {gallery.Explanation} The most confident first, in percent.")),
        El("ul", gallery.Shown.Select(Render))));

    private static string Extent(MistakeGallery gallery)
        => (gallery.Shown.Count < gallery.Total ? $"{gallery.Shown.Count} of " : "") + $"{gallery.Total:N0} test image{(gallery.Total == 1 ? "" : "s")}";

    private static XElement Render(Mistake mistake)
        => El("li",
            El("img", At("alt", mistake.Image.Name), At("title", mistake.Source), At("width", mistake.Image.Width), At("height", mistake.Image.Height),
                At("src", mistake.Image.ToDataAddress())),
            El("b", mistake.Class), El("span", $"taken for {mistake.TakenFor}"), El("span", At("class", "value"), Figures.Percent(mistake.Confidence)));
}
