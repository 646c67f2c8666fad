namespace Retort.Torch.Modules;

/// <summary>A module that maps one tensor to one tensor.</summary>
public abstract class Layer : Module
{
    /// <summary>Applies the layer.</summary>
    /// <param name="input">Shape as the layer's documentation says; borrowed.</param>
    /// <returns>A new tensor, owned by the current scope or the caller.</returns>
    public abstract Tensor Forward(Tensor input);
}
