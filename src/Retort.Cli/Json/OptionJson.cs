using Retort.Distillation.Options;

namespace Retort.Cli.Json;

/// <summary>The options of a method or of a kind of data.</summary>
internal static class OptionJson
{
    public static object Of(OptionDescription option) => new
    {
        option.Key,
        Required = option.IsRequired,
        Default = option.Default?.ToJson(),
        option.Allowed,
        Meaning = option.Summary,
    };
}
