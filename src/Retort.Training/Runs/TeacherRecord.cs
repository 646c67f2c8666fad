using System.Text.Json;
using System.Text.Json.Serialization;

namespace Retort.Training.Runs;

/// <summary>A run's <c>teacher.json</c>: which teacher it had, and how good it was.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Checkpoint">The file that its weights came from; null where the run trained it.</param>
/// <param name="Sha256">Hash of names, shapes and values of its weights.</param>
/// <param name="TestTop1">Top-1 on the run's test images, 0..1, measured before the student trained.</param>
/// <param name="PromisedTop1">What its file says of its top-1, 0..1; null where it says nothing.</param>
/// <param name="Mean">Mean of red, green, blue that its own input is normalised with.</param>
/// <param name="Std">Standard deviation of the same.</param>
internal sealed record TeacherRecord(
    string Model, string? Checkpoint, string Sha256, double TestTop1, double? PromisedTop1, IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, TeacherJson.Default.TeacherRecord));

    /// <summary>As a report's line says it.</summary>
    public override string ToString() => $"{Model}, {Reports.Figures.Percent(TestTop1)} of the test images, weights {Sha256}";
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TeacherRecord))]
internal sealed partial class TeacherJson : JsonSerializerContext;
