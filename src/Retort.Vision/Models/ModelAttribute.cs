using System.Reflection;
using Retort.Torch.Networks;

namespace Retort.Vision.Models;

/// <summary>
/// Names a network class of your own for recipes. The class derives from <see cref="Network"/> and has a public constructor that takes the
/// number of classes. With several attributes it is several models, whose constructor also takes a width: that of each.
/// </summary>
/// <param name="name">As recipes name it; case matters.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class ModelAttribute(string name) : Attribute
{
    /// <summary>As recipes name it.</summary>
    public string Name => name;

    /// <summary>Height and width of the images that it is made for, in pixels. Default 32.</summary>
    public int ImageSize { get; init; } = 32;

    /// <summary>What its constructor <c>(int width, int classes)</c> gets; 0, the default: it has a constructor <c>(int classes)</c>.</summary>
    public int Width { get; init; }

    /// <summary>The models that a class is; none where it has no attribute.</summary>
    /// <exception cref="InvalidOperationException">The class is no network, or lacks the constructor.</exception>
    public static IEnumerable<ModelEntry> EntriesOf(Type type) =>
        type.GetCustomAttributes<ModelAttribute>().Select(attribute => attribute.EntryOf(type));

    private ModelEntry EntryOf(Type type)
    {
        if (!typeof(Network).IsAssignableFrom(type))
            throw new InvalidOperationException($"{type} has [Model(\"{Name}\")] but does not derive from Network.");
        Type[] parameters = Width == 0 ? [typeof(int)] : [typeof(int), typeof(int)];
        ConstructorInfo make = type.GetConstructor(parameters) ?? throw new InvalidOperationException(
            $"{type} is the model \"{Name}\" but has no public constructor that takes {(Width == 0 ? "the number of classes (int)" : "width and number of classes (int, int)")}.");
        return new ModelEntry(Name, ImageSize, classes => (Network)make.Invoke(
            BindingFlags.DoNotWrapExceptions, null, Width == 0 ? [classes] : [Width, classes], System.Globalization.CultureInfo.InvariantCulture));
    }
}
