using System.Reflection;
using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Training.Recipes;
using Retort.Vision.Models;

namespace Retort.Training.Parts;

/// <summary>
/// What recipes can name with some assemblies of the user's own: Retort's parts, and theirs. An assembly's parts are its networks with
/// <see cref="ModelAttribute"/>, its methods with <see cref="MethodAttribute"/>, and its data with <see cref="OptionVariantNameAttribute"/>.
/// </summary>
/// <param name="Files">The assemblies.</param>
/// <param name="Models">All models.</param>
/// <param name="Methods">All methods.</param>
/// <param name="Options">Records of data that are not Retort's.</param>
public sealed record Plugins(IReadOnlyList<string> Files, ModelRegistry Models, MethodRegistry Methods, IReadOnlyList<Type> Options)
{
    /// <summary>Retort's own parts alone.</summary>
    public static Plugins None { get; } = new([], ModelRegistry.Default, MethodRegistry.Default, []);

    /// <summary>Loads assemblies. Their code runs in this process, with all its rights.</summary>
    /// <param name="files">Built against this version of Retort; what else they need lies beside them.</param>
    /// <exception cref="RetortException">A file is no such assembly, has no parts, or a part's name is taken or its class unfit.</exception>
    public static Plugins Load(IReadOnlyList<string> files)
    {
        List<Type> types = [];
        foreach (string file in files)
        {
            Type[] parts = [.. TypesOf(file).Where(IsPart)];
            if (parts.Length == 0)
                throw Fault(file, "it has no part for recipes: put [Model], [Method] or [OptionVariantName] on a class that is not abstract");
            types.AddRange(parts);
        }

        try
        {
            return new Plugins(
                files,
                new ModelRegistry([.. ModelRegistry.Default.Entries, .. types.SelectMany(ModelAttribute.EntriesOf)]),
                new MethodRegistry([.. typeof(MethodRegistry).Assembly.GetTypes(), .. types]),
                [.. types.Where(type => typeof(DataOptions).IsAssignableFrom(type))]);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw Fault(string.Join(", ", files), e.Message.Split(" (Parameter")[0].TrimEnd('.'), e);
        }
    }

    private static bool IsPart(Type type) => !type.IsAbstract
        && (type.IsDefined(typeof(ModelAttribute)) || type.IsDefined(typeof(MethodAttribute))
            || (typeof(DataOptions).IsAssignableFrom(type) && type.IsDefined(typeof(OptionVariantNameAttribute))));

    private static Type[] TypesOf(string file)
    {
        if (!File.Exists(file))
            throw Fault(file, "there is no such file; build it, and check the path");
        try
        {
            return PluginAssembly.Load(Path.GetFullPath(file)).GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            throw Fault(file, $"it does not fit this version of Retort ({e.LoaderExceptions.FirstOrDefault()?.Message.TrimEnd('.')}); build it anew against it", e);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException)
        {
            throw Fault(file, $"it is no .NET assembly that can be loaded ({e.Message.Split('\n')[0].TrimEnd('.')})", e);
        }
    }

    private static RetortException Fault(string file, string reason, Exception? inner = null) =>
        new($"--plugin {file}: {reason}.", inner) { WrongUse = true };
}
