namespace Retort.Torch.Modules;

/// <summary>Gives its input: stands where a network has no layer.</summary>
public sealed class Identity : Layer
{
    /// <inheritdoc/>
    /// <remarks>A second owner of the same tensor.</remarks>
    public override Tensor Forward(Tensor input) => input.Share();
}
