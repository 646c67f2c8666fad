using System.CommandLine;
using Retort.Training.Recipes;

namespace Retort.Cli.Commands;

/// <summary><c>--precision</c>: the number format to compute in.</summary>
internal sealed class PrecisionOption : Option<Precision>
{
    public PrecisionOption()
        : base("--precision")
    {
        Description = "auto, fp32 or bf16.";
        DefaultValueFactory = _ => Precision.Auto;
        CompletionSources.Clear(); // names as C# writes them
        CompletionSources.Add("auto", "fp32", "bf16");
    }
}
