namespace Retort.Training.Reports;

/// <summary>Feature maps of a few test images, drawn for the report.</summary>
/// <param name="Stage">The stage that gave them: "ft.paraphraser".</param>
/// <param name="Title">What they show.</param>
/// <param name="Columns">Heading of each column.</param>
/// <param name="Rows">The pictures of each test image, one a column; all cells of one size.</param>
public sealed record FeatureFigure(string Stage, string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Picture>> Rows);
