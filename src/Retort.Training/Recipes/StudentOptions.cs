namespace Retort.Training.Recipes;

/// <summary>The network that is trained.</summary>
public sealed record StudentOptions
{
    /// <summary>Model's name, as "resnet20" (<c>retort list models</c>).</summary>
    public required string Model { get; init; }
}
