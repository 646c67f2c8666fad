using System.Text.Json;
using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Vision.Datasets;
using Retort.Vision.Datasets.Decoding;

namespace Retort.Tests.EndToEnd;

/// <summary>A browser shows the report of a run, and of a comparison: on a telephone's width nothing sticks out, and on a wide screen the curves have their colour.</summary>
public sealed class ReportInBrowserTests : IDisposable
{
    private const int Narrow = 320, Wide = 1000, Height = 1500;

    // Two frames with the report, and what they measure when both are laid out.
    private const string Page = """
        <!DOCTYPE html>
        <html><head><meta charset="utf-8"><style>body { margin: 0; display: flex; } iframe { border: 0; height: 1500px; }</style></head>
        <body>
        <iframe style="width:320px" src="report.html"></iframe><iframe style="width:1000px" src="report.html"></iframe>
        <script>
        addEventListener("load", () => {
          const measure = frame => {
            const page = frame.contentDocument, style = element => frame.contentWindow.getComputedStyle(element);
            const inside = page.documentElement.clientWidth, boxOf = element => element.getBoundingClientRect();
            const curves = [...page.querySelectorAll("path.line")].map(path => ({
              Chart: path.closest("figure").querySelector("h3").textContent,
              Length: path.getTotalLength(), Stroke: style(path).stroke, Width: boxOf(path.ownerSVGElement).width, Height: boxOf(path.ownerSVGElement).height,
            }));
            const plot = boxOf(page.querySelector(".chart svg"));
            return {
              Inside: inside, Content: page.documentElement.scrollWidth, Curves: curves,
              Outside: [...page.body.querySelectorAll("*")].filter(e => boxOf(e).right > inside + 0.5 && !e.closest(".scroll, pre, .unseen, thead"))
                .map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)),
              Missing: [...page.images].filter(image => !image.complete || image.naturalWidth === 0).map(image => image.alt), Images: page.images.length,
              Bars: [...page.querySelectorAll(".reliability rect.accuracy")].filter(bar => boxOf(bar).width > 2).length,
              Plot: [plot.left + boxOf(frame).left, plot.top, plot.width, plot.height].map(Math.round),
            };
          };
          const result = document.createElement("script");
          result.type = "application/json";
          result.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(measure));
          document.body.append(result);
        });
        </script>
        </body></html>
        """;

    private readonly TemporaryFolder _folder = new();

    private sealed record Curve(string Chart, double Length, string Stroke, double Width, double Height);

    private sealed record Measured(
        int Inside, int Content, Curve[] Curves, string[] Outside, string[] Missing, int Images, int Bars, int[] Plot);

    public void Dispose() => _folder.Dispose();

    [ChromiumFact]
    public void A_browser_draws_the_report_of_a_run_on_narrow_and_wide_screens()
    {
        Recipe recipe = TinyRun.Distilled with { Teacher = new() { Model = "resnet8", Train = TinyRun.Train } }; // two epochs: every curve has a length
        RunResult run = TinyRun.Do(recipe, Path.Combine(_folder.Path, "run"));
        (Measured[] frames, byte[] picture) = Show(
            run.ReportFile, "Accuracy", "Loss by term: student distilled", "Loss", "Learning rate", "Throughput");
        foreach (Measured frame in frames)
        {
            Assert.InRange(frame.Images, 1, 36);
            Assert.True(frame.Bars >= run.Networks.Count, $"{frame.Bars} bars");
        }

        // The student's line, the thickest, is there in its colour: 2.6 pixels thick and as long as the plot is wide.
        Curve student = frames[1].Curves.Where(c => c.Chart == "Accuracy").Last();
        Assert.InRange(Coloured(picture, frames[1].Plot, student.Stroke), frames[1].Plot[2], 12 * frames[1].Plot[2]);
    }

    [ChromiumFact]
    public void A_browser_draws_the_report_of_a_comparison_on_narrow_and_wide_screens()
    {
        string path = Path.Combine(_folder.Path, "compare");
        Recipe kd = TinyRun.Distilled with { Data = TinyRun.Data with { TrainImages = 16 } };
        var recipe = new ComparisonRecipe("c", [new Variant("kd", kd), new Variant("a-long-name.of-a-pair.dist", kd with { Distill = [new("dist", 1)] })], [3, 4]);
        ComparisonGrid grid = ComparisonGrid.Of(recipe, path, threads: 1);
        using ComparisonFolder folder = ComparisonFolder.Open(path, TimeProvider.System);
        var training = new ComparisonRun(grid, 1, (cell, _) =>
        {
            TinyRun.Do(cell.Recipe, cell.Folder);
            return Task.CompletedTask;
        });
        Assert.Empty(training.Train());
        folder.Write("c", ComparisonResult.Read(grid, new Dictionary<string, string>()));

        Show(folder.ReportFile, "student alone", "kd", "a-long-name.of-a-pair.dist");
    }

    // Opens a report in both widths: it has these charts, with lines, and nothing that sticks out or is missing.
    private (Measured[] Frames, byte[] Picture) Show(string report, params string[] charts)
    {
        File.Copy(report, Path.Combine(_folder.Path, "report.html"));
        string page = _folder.Write("page.html", System.Text.Encoding.UTF8.GetBytes(Page));
        (string document, string[] console, byte[] picture) = Chromium.Open(page, Narrow + Wide, Height);

        Assert.Empty(console);
        Measured[] frames = Read(document);
        Assert.Equal([Narrow, Wide], frames.Select(f => f.Inside));
        foreach (Measured frame in frames)
        {
            Assert.Empty(frame.Outside);
            Assert.Equal(frame.Inside, frame.Content);
            Assert.Empty(frame.Missing);
            Assert.Equal(charts, frame.Curves.Select(c => c.Chart).Distinct());
            Assert.All(frame.Curves, curve =>
            {
                Assert.True(curve.Length > 0, $"{curve}");
                Assert.StartsWith("rgb(", curve.Stroke, StringComparison.Ordinal);
                Assert.InRange(curve.Width, 150, frame.Inside);
                Assert.InRange(curve.Height, 100, 500);
            });
        }

        return (frames, picture);
    }

    private static Measured[] Read(string document)
    {
        const string start = "<script type=\"application/json\">";
        int begin = document.IndexOf(start, StringComparison.Ordinal);
        Assert.True(begin >= 0, document);
        begin += start.Length;
        return JsonSerializer.Deserialize<Measured[]>(document[begin..document.IndexOf("</script>", begin, StringComparison.Ordinal)])!;
    }

    // Pixels of a rectangle (left, top, width, height) that have a colour, but for what smoothing and compression leave of it.
    private static int Coloured(byte[] png, int[] rectangle, string css)
    {
        int[] colour = [.. css["rgb(".Length..^1].Split(',').Select(int.Parse)];
        Assert.Null(ImageDecoder.TryProbe(png, out ImageSize size));
        byte[] pixels = new byte[size.RgbBytes];
        Assert.Null(ImageDecoder.TryDecode(png, size, pixels));
        int count = 0;
        for (int y = rectangle[1]; y < Math.Min(size.Height, rectangle[1] + rectangle[3]); y++)
        {
            for (int x = rectangle[0]; x < rectangle[0] + rectangle[2]; x++)
            {
                int at = ((y * size.Width) + x) * 3;
                count += Enumerable.Range(0, 3).All(c => Math.Abs(pixels[at + c] - colour[c]) <= 24) ? 1 : 0;
            }
        }

        return count;
    }
}
