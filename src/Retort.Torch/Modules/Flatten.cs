namespace Retort.Torch.Modules;

/// <summary>Makes one dimension of several: [N, C, H, W] becomes [N, C·H·W].</summary>
/// <param name="startDim">First dimension that is joined.</param>
/// <param name="endDim">Last dimension that is joined; negative numbers count from the last.</param>
public sealed class Flatten(int startDim = 1, int endDim = -1) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Flatten(startDim, endDim);
}
