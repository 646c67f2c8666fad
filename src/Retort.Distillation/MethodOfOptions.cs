namespace Retort.Distillation;

/// <summary>A method with its options; the registry makes the options from what was written and hands them to the constructor.</summary>
/// <typeparam name="TOptions">A record with init properties whose defaults are the paper's.</typeparam>
public abstract class Method<TOptions>(TOptions options) : Method
    where TOptions : class, new()
{
    /// <summary>The options, validated.</summary>
    public TOptions Options { get; } = options;
}
