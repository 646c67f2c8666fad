using System.Xml;
using System.Xml.Linq;
using Retort.Training.DryRuns;
using Retort.Training.Evaluation;
using Retort.Training.Progress;
using Retort.Training.Reports;

namespace Retort.Tests.Training.Reports;

public class HtmlReportTests
{
    private const string Hostile = "</style><script>alert('x')</script> & \"quoted\" \u0001 \ud800";

    [Theory]
    [InlineData(30, 10)]
    [InlineData(1, 2)]
    [InlineData(12, 100)]
    public void A_whole_run_gives_a_page_that_an_xml_parser_accepts(int epochs, int classes)
    {
        XElement page = Page(SampleRun.Create(epochs, classes));

        Assert.Equal("html", page.Name.LocalName);
        Assert.Equal(
            [
                "Comparison", "Training", "Change by class", "Confusion of the distilled student", "Agreement with the teacher", "Calibration",
                "Recipe", "Environment",
            ],
            page.Descendants("h2").Select(h => h.Value));
    }

    [Fact]
    public void The_page_asks_for_nothing_outside_itself()
    {
        string html = Html(SampleRun.Create());

        Assert.DoesNotContain("http://", html);
        Assert.DoesNotContain("https://", html);
        Assert.DoesNotContain("@import", html);
        Assert.DoesNotContain(Parse(html).Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.Empty(Parse(html).Descendants().Attributes("src"));
    }

    [Fact]
    public void Names_and_recipe_cannot_become_markup()
    {
        ReportData data = SampleRun.Create(classes: 3) with
        {
            Title = Hostile,
            Subtitle = Hostile,
            Classes = [Hostile, Hostile, Hostile],
            Recipe = Hostile,
            Environment = [new(Hostile, Hostile)],
            Mistakes = [new(Hostile, Hostile, 1, [new(new Picture(Hostile, 1, 1, [0, 0, 0]), Hostile, Hostile, Hostile, 1)])],
        };
        data = data with
        {
            Networks = [.. data.Networks.Select(n => n with { Model = Hostile })],
            Epochs = [new EpochResult(Hostile, 1, 0.1, 1, new Dictionary<string, double> { [Hostile] = 1, ["ce"] = 0 }, null, 0.5, 10, 1)],
        };

        string html = Html(data);

        Assert.DoesNotContain("<script", html);
        Assert.Single(Parse(html).Descendants("style"));
        Assert.Contains("alert('x')", Parse(html).Descendants("pre").Single().Value);
        Assert.Contains("\uFFFD", Parse(html).Descendants("h1").Single().Value);
    }

    [Fact]
    public void Every_element_that_html_does_not_know_as_empty_has_an_end_tag()
    {
        string html = Html(SampleRun.Create());

        XElement page = Parse(html);
        Assert.NotEmpty(page.Descendants("meta"));
        Assert.All(page.Descendants().Where(e => e.IsEmpty), e => Assert.Equal("meta", e.Name.LocalName));
        Assert.DoesNotContain("&", page.Descendants("style").Single().Value); // entities are not read inside style
        Assert.DoesNotContain("&gt;", html[..html.IndexOf("</style>", StringComparison.Ordinal)]);
    }

    [Fact]
    public void A_run_without_anything_still_gives_a_page()
    {
        var data = new ReportData { Title = "empty", Subtitle = "nothing ran", Networks = [], Epochs = [], Classes = [] };

        Assert.Empty(Page(data).Descendants("h2"));
    }

    [Fact]
    public void Numbers_that_are_not_finite_leave_gaps_and_are_said_in_the_table()
    {
        double[] losses = [2, double.NaN, double.PositiveInfinity, 1];
        ReportData data = SampleRun.Create() with
        {
            Epochs =
            [
                .. losses.Select((loss, i) => new EpochResult(
                    "student", i + 1, 0.1, loss, new Dictionary<string, double> { ["ce"] = loss, ["kd"] = double.NaN }, null, double.NaN, double.NaN, 1)),
            ],
            Networks = [new("student distilled", "resnet8", 0, 0, double.NaN, double.NaN, double.NaN)],
        };

        XElement page = Page(data);

        XElement loss = page.Descendants("figure").Single(f => f.Descendants("h3").Any(h => h.Value == "Loss"));
        string line = loss.Descendants("path").First(p => (string?)p.Attribute("class") == "line").Attribute("d")!.Value;
        Assert.Equal(2, line.Count(c => c == 'M'));
        Assert.Equal(2, loss.Descendants("path").Count(p => ((string?)p.Attribute("class"))!.StartsWith("dot", StringComparison.Ordinal)));
        Assert.DoesNotContain(page.Descendants("path").Attributes("d"), d => d.Value.Contains("NaN", StringComparison.Ordinal));
        Assert.Contains(page.Descendants("td"), c => c.Value == "NaN");
        Assert.DoesNotContain(page.Descendants("h3"), h => h.Value is "Accuracy" or "Throughput");
    }

    [Fact]
    public void A_loss_that_is_worse_is_written_with_a_minus_sign()
    {
        ReportData data = SampleRun.Create();
        data = data with { Networks = [.. data.Networks.Select(n => n.Role == "student distilled" ? n with { Accuracy = 0.9 } : n)] };

        Assert.Equal("−0.98", Page(data).Descendants("li").First().Element("strong")!.Value);
    }

    [Fact]
    public void Each_chart_says_in_words_what_it_shows()
    {
        XElement page = Page(SampleRun.Create());

        Assert.NotEmpty(page.Descendants("svg"));
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(page.Descendants("svg"), svg =>
        {
            Assert.Equal("img", (string?)svg.Attribute("role"));
            Assert.All(svg.Attribute("aria-labelledby")!.Value.Split(' '), id => Assert.Contains(id, ids));
            Assert.NotEqual("", svg.Element("desc")!.Value);
        });
        Assert.All(page.Descendants("table"), table => Assert.True(table.Element("caption") is not null || table.Attribute("aria-label") is not null));
        Assert.All(page.Descendants("thead").Elements("tr").Elements("th"), th => Assert.Equal("col", (string?)th.Attribute("scope")));
    }

    [Fact]
    public void A_stage_that_a_method_adds_appears_under_its_own_name()
    {
        ReportData data = SampleRun.Create(epochs: 3);
        data = data with { Epochs = [.. data.Epochs, new EpochResult("paraphraser", 1, 0.1, 0.4, new Dictionary<string, double> { ["rec"] = 0.4 }, null, null, 900, 3)] };

        Assert.Contains(Page(data).Descendants("th"), th => th.Value == "paraphraser");
    }

    [Fact]
    public void The_loss_of_a_methods_stage_has_a_chart_and_a_scale_of_its_own()
    {
        ReportData data = SampleRun.Create(epochs: 3);
        data = data with { Epochs = [.. data.Epochs, new EpochResult("ft.paraphraser", 1, 0.1, 0.4, new Dictionary<string, double> { ["rec"] = 0.4 }, null, null, 900, 3)] };

        XElement[] charts = [.. Page(data).Descendants("figure")];
        XElement own = charts.Single(chart => chart.Descendants("h3").First().Value == "Loss: ft.paraphraser");
        Assert.Equal(["ft.paraphraser"], own.Descendants("span").Where(s => (string?)s.Attribute("class") == "name").Select(s => s.Value));
        XElement common = charts.Single(chart => chart.Descendants("h3").First().Value == "Loss");
        Assert.DoesNotContain(common.Descendants("span"), s => s.Value == "ft.paraphraser");
    }

    [Fact]
    public void Pictures_are_in_the_page_itself()
    {
        var picture = new Picture("mean, teacher, image 1", 2, 1, [0, 0, 0, 255, 255, 255]);
        XElement page = Page(SampleRun.Create() with { Features = [new FeatureFigure("ft.paraphraser", "a map", ["mean, teacher"], [[picture], [picture]])] });

        XElement section = Section(page, "Features");
        Assert.Equal("ft.paraphraser: a map", section.Descendants("h3").Single().Value);
        Assert.Equal(2, section.Descendants("img").Count());
        Assert.All(section.Descendants("img"), image =>
        {
            Assert.StartsWith("data:image/png;base64,", image.Attribute("src")!.Value, StringComparison.Ordinal);
            Assert.Equal(picture.Name, image.Attribute("alt")!.Value);
        });
        Assert.Contains("img-src data:", page.Descendants("meta").Attributes("content").Select(a => a.Value).Single(v => v.StartsWith("default-src", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_dry_run_is_a_table_with_its_advice()
    {
        XElement page = Page(SampleRun.Create() with
        {
            DryRuns =
            [
                new DryRunResult("teacher", [new DryRunTerm("ce", 1, 2, 3, 1, [], [])], []),
                new DryRunResult(
                    "student",
                    [
                        new DryRunTerm("ce", 0.1, 0.25, 1.5, 0.75, [], []),
                        new DryRunTerm("ft", 500, double.NaN, 0.5, 0.25, [new MatchedTaps("stage3", [64, 8, 8], "stage3", [256, 8, 8])], [new MethodPart("translator", 1234, true)]),
                    ],
                    ["change it"]),
            ],
        });

        XElement section = Section(page, "Dry run");
        Assert.Equal(["Terms of the teacher’s loss", "Terms of the student’s loss"], section.Elements("h3").Select(title => title.Value));
        Assert.Equal(["ce123100.00 %", "ce0.10.251.575.00 %", "ft500NaN0.525.00 %stage3 [64, 8, 8] ← stage3 [256, 8, 8]translator, 1234 parameters"],
            section.Descendants("tbody").Elements("tr").Select(row => row.Value));
        Assert.Equal("change it", section.Elements("p").Last().Value);
    }

    [Fact]
    public void Agreement_is_told_of_each_student()
    {
        ReportData data = SampleRun.Create();
        NetworkSummary teacher = data.Networks[0];
        data = data with { Networks = [teacher, data.Networks[1], data.Networks[2] with { Predictions = teacher.Predictions }] };

        XElement[] rows = [.. Section(Page(data), "Agreement with the teacher").Descendants("tbody").Elements("tr")];

        Assert.Equal("student alone", rows[0].Element("th")!.Value);
        Assert.NotEqual("100.00 %", rows[0].Elements("td").First().Value);
        Assert.Equal("student distilled100.00 %100.00 %100.00 %0", rows[1].Value);
        data = data with { Networks = [.. data.Networks.Skip(1)] };
        Assert.DoesNotContain(Page(data).Descendants("h2"), h => h.Value == "Agreement with the teacher");
    }

    [Fact]
    public void Calibration_has_a_figure_and_a_diagram_for_each_network_and_says_what_it_is()
    {
        ReportData data = SampleRun.Create();
        var sure = new Predictions([new(1, 1, 0.9f), new(1, 0, 0.9f)], [new Half[2], new Half[2]]);
        data = data with { Networks = [data.Networks[1], data.Networks[2] with { Predictions = sure }] };

        XElement section = Section(Page(data), "Calibration");

        Assert.Equal("student distilled40.00 %90.00 %50.00 %", section.Descendants("tbody").Elements("tr").Last().Value);
        Assert.Contains("15 bins", section.Descendants("abbr").Single().Attribute("title")!.Value, StringComparison.Ordinal);
        XElement[] diagrams = [.. section.Descendants("svg")];
        Assert.Equal(2, diagrams.Length);
        XElement bar = Assert.Single(diagrams[1].Elements("g"));
        XElement accuracy = bar.Elements("rect").First(), off = bar.Elements("rect").Last();
        Assert.Equal(("500", "500"), (accuracy.Attribute("y")!.Value, accuracy.Attribute("height")!.Value));
        Assert.Equal(("100", "400"), (off.Attribute("y")!.Value, off.Attribute("height")!.Value));
    }

    [Fact]
    public void Mistakes_are_pictures_with_both_classes_and_the_confidence()
    {
        var mistake = new Mistake(new Picture("test image 7", 1, 1, [1, 2, 3]), "cats/7.png", "cat", "dog", 0.987);
        XElement section = Section(Page(SampleRun.Create() with { Mistakes = [new MistakeGallery("Most confident", "that it gets wrong.", 1234, [mistake])] }), "Mistakes");

        Assert.StartsWith("1 of 1,234 test images that it gets wrong. ", section.Descendants("p").Single().Value, StringComparison.Ordinal);
        XElement shown = section.Descendants("li").Single();
        Assert.Equal("cattaken for dog98.70 %", shown.Value);
        Assert.Equal(("test image 7", "cats/7.png"), (shown.Element("img")!.Attribute("alt")!.Value, shown.Element("img")!.Attribute("title")!.Value));
    }

    [Fact]
    public void The_stream_stays_open_and_holds_utf8_without_a_mark()
    {
        using var stream = new MemoryStream();

        HtmlReport.Write(stream, SampleRun.Create(epochs: 2));

        Assert.True(stream.CanWrite);
        Assert.Equal((byte)'<', stream.ToArray()[0]);
    }

    private static XElement Section(XElement page, string heading) => page.Descendants("section").Single(s => s.Element("h2")!.Value == heading);

    private static XElement Page(ReportData data) => Parse(Html(data));

    private static string Html(ReportData data)
    {
        using var writer = new StringWriter();
        HtmlReport.Write(writer, data);
        return writer.ToString();
    }

    private static XElement Parse(string html)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }
}
