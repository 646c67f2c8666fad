using System.Reflection;
using Retort.Distillation.Options;

namespace Retort.Distillation;

/// <summary>A registered method.</summary>
/// <param name="Name">By which recipes know it.</param>
/// <param name="Title">Full name.</param>
/// <param name="Paper">Where it is from.</param>
/// <param name="Summary">What it matches.</param>
/// <param name="Type">The class.</param>
/// <param name="OptionsType">Its options record.</param>
public sealed record MethodEntry(string Name, string Title, string Paper, string Summary, Type Type, Type OptionsType)
{
    /// <summary>The term's usual weight; null where none is known.</summary>
    public double? Weight { get; init; }

    /// <summary>Weight of the cross-entropy that belongs to it.</summary>
    public double CrossEntropy { get; init; } = 1;

    /// <summary>Whether it is the loss of a teacher's own training, and no term of a student's loss.</summary>
    public bool TrainsTeacher { get; init; }

    /// <summary>Whether comparisons measure other methods against this one.</summary>
    public bool IsBaseline { get; init; }

    /// <summary>Makes the method, unbound.</summary>
    /// <param name="options">A mapping of option names to values; what is left out keeps the paper's default.</param>
    /// <param name="path">Where the options stand, for messages: "distill.kd".</param>
    /// <exception cref="OptionsException">An option is unknown or has a value that is not allowed.</exception>
    public Method Create(OptionNode options, string path) =>
        (Method)Activator.CreateInstance(
            Type, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DoNotWrapExceptions, binder: null,
            [OptionsBinder.Bind(OptionsType, options, path)], culture: null)!;
}
