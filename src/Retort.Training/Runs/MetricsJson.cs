using System.Text.Json.Serialization;
using Retort.Training.Progress;

namespace Retort.Training.Runs;

// A loss that is no number must not end the log: it is written as "NaN".
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EpochResult))]
internal sealed partial class MetricsJson : JsonSerializerContext;
