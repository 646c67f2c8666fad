using Retort.Training.Recipes;

namespace Retort.Cli.Commands;

/// <summary><c>--precision</c>: the number format to compute in.</summary>
internal sealed class PrecisionOption : ChoiceOption<Precision>
{
    public PrecisionOption()
        : base("--precision", Precision.Auto)
        => Description = "Number format to compute in; auto: bf16 where the hardware has it.";
}
