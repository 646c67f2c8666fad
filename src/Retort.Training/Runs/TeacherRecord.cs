using System.Text.Json;
using System.Text.Json.Serialization;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Training.Recipes;
using Retort.Training.Reports;
using Retort.Vision.Augmentation;

namespace Retort.Training.Runs;

/// <summary>A run's <c>teacher.json</c>: which teacher it had, and how good it was.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Checkpoint">The file that its weights came from; null where the run trained it.</param>
/// <param name="Sha256">Hash of names, shapes and values of its weights.</param>
/// <param name="TestTop1">Top-1 on the run's test images, 0..1, measured before the student trained.</param>
/// <param name="PromisedTop1">What its file says of its top-1, 0..1; null where it says nothing.</param>
/// <param name="Mean">Mean of red, green, blue that its own input is normalised with.</param>
/// <param name="Std">Standard deviation of the same.</param>
/// <param name="Training">What its file says of how it was trained, by key; null where it says nothing.</param>
internal sealed record TeacherRecord(
    string Model, string? Checkpoint, string Sha256, double TestTop1, double? PromisedTop1, IReadOnlyList<float> Mean, IReadOnlyList<float> Std,
    IReadOnlyDictionary<string, string>? Training)
{
    // A promise is kept to within rounding and the choice of test images.
    private const double Tolerance = 0.01;

    /// <summary>What is to be kept of a teacher that was measured.</summary>
    /// <param name="options">The recipe's.</param>
    /// <param name="teacher">The network, for its weights.</param>
    /// <param name="given">What its file said; null where the run trained it.</param>
    /// <param name="accuracy">Top-1 on the test images, 0..1.</param>
    /// <param name="ofData">How the run's images are normalised.</param>
    public static TeacherRecord Of(TeacherOptions options, Network teacher, TrainedTeacher? given, double accuracy, Normalization ofData)
    {
        Normalization own = given?.Normalization ?? ofData;
        return new TeacherRecord(options.Name, options.Torchscript ?? options.Checkpoint, WeightsHash.Of(teacher), accuracy, given?.Card?.Accuracy, own.Mean, own.Deviation,
            given?.Card?.Training is { Count: > 0 } training ? training : null);
    }

    /// <summary>What to tell of the teacher, warnings among it.</summary>
    /// <param name="ofData">How the run's images are normalised.</param>
    public IEnumerable<string> Notices(Normalization ofData)
    {
        yield return $"The teacher {Model} recognises {Figures.Percent(TestTop1)} of the test images.";
        if (Training is not null)
            yield return $"The weights of the teacher {Model} were trained with {string.Join(", ", Training.OrderBy(fact => fact.Key != "method").Select(fact => $"{fact.Key} {fact.Value}"))}.";
        if (!ofData.Equals(new Normalization(Mean, Std)))
            yield return $"The teacher's input is normalised as it was trained: mean {string.Join(", ", Mean)}, std {string.Join(", ", Std)}.";
        if (TestTop1 < PromisedTop1 - Tolerance)
        {
            yield return $"Warning: the teacher recognises {Figures.Percent(TestTop1)} of the test images, but its file promises {Figures.Percent(PromisedTop1)}: "
                + "check that data and normalisation (teacher.normalization) are those it was trained with.";
        }
    }

    /// <summary>A warning where the student does better alone; else null.</summary>
    /// <param name="plain">Top-1 of the student that was trained alone, 0..1.</param>
    public string? NoticeBeside(double plain) => TestTop1 < plain
        ? $"Warning: the teacher recognises {Figures.Percent(TestTop1)} of the test images, less than the student that was trained alone, "
          + $"{Figures.Percent(plain)}: take a better teacher, or train it longer."
        : null;

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, this, TeacherJson.Default.TeacherRecord));

    /// <summary>Reads the file; null where there is none.</summary>
    /// <exception cref="RetortException">It cannot be read, or is damaged.</exception>
    public static TeacherRecord? Read(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), TeacherJson.Default.TeacherRecord);
        }
        catch (Exception damaged) when (damaged is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RetortException($"'{path}' cannot be read ({damaged.Message.TrimEnd('.')}): delete the run's folder to train it anew.", damaged);
        }
    }

    /// <summary>As a report's line says it.</summary>
    public override string ToString() => $"{Model}, {Figures.Percent(TestTop1)} of the test images, weights {Sha256}";
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TeacherRecord))]
internal sealed partial class TeacherJson : JsonSerializerContext;
