namespace Retort.Torch.Modules;

/// <summary>max(x, 0).</summary>
/// <param name="inPlace">Overwrites the input, which saves its memory; nothing else may need the input then.</param>
public sealed class ReLU(bool inPlace = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => inPlace ? input.Relu_().Share() : input.Relu();
}

/// <summary>x where it is positive, slope · x elsewhere.</summary>
/// <param name="slope">Of the negative side.</param>
/// <param name="inPlace">Overwrites the input; nothing else may need it then.</param>
public sealed class LeakyReLU(double slope = 0.01, bool inPlace = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => inPlace ? input.LeakyRelu_(slope).Share() : input.LeakyRelu(slope);
}

/// <summary>min(max(x, 0), 6).</summary>
/// <param name="inPlace">Overwrites the input; nothing else may need it then.</param>
public sealed class ReLU6(bool inPlace = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => inPlace ? input.Relu6_().Share() : input.Relu6();
}

/// <summary>x where it is positive, slope · x elsewhere, with learnt slopes.</summary>
public sealed class PReLU : Layer
{
    /// <summary>Makes the layer.</summary>
    /// <param name="slopes">1, or the number of channels for one slope each.</param>
    /// <param name="initial">First value of the slopes.</param>
    public PReLU(int slopes = 1, double initial = 0.25) => Weight = AddParameter("weight", Aten.Full([slopes], initial));

    /// <summary>The slopes, [1] or [C].</summary>
    public Tensor Weight { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Prelu(Weight);
}

/// <summary>x where it is positive, alpha · (exp x − 1) elsewhere.</summary>
/// <param name="alpha">Depth of the negative side.</param>
public sealed class ELU(double alpha = 1) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Elu(alpha);
}

/// <summary>x · Φ(x), Φ the normal distribution.</summary>
/// <param name="approximate">Whether Φ is approximated with tanh.</param>
public sealed class GELU(bool approximate = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Gelu(approximate ? "tanh" : "none");
}

/// <summary>x · sigmoid(x), also called swish.</summary>
/// <param name="inPlace">Overwrites the input; nothing else may need it then.</param>
public sealed class SiLU(bool inPlace = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => inPlace ? input.Silu_().Share() : input.Silu();
}

/// <summary>x · min(max(x + 3, 0), 6) / 6.</summary>
/// <param name="inPlace">Overwrites the input; nothing else may need it then.</param>
public sealed class Hardswish(bool inPlace = false) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => inPlace ? input.Hardswish_().Share() : input.Hardswish();
}

/// <summary>min(max(x + 3, 0), 6) / 6.</summary>
public sealed class Hardsigmoid : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Hardsigmoid();
}

/// <summary>1 / (1 + exp(−x)).</summary>
public sealed class Sigmoid : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Sigmoid();
}

/// <summary>Hyperbolic tangent.</summary>
public sealed class Tanh : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Tanh();
}

/// <summary>log(1 + exp(beta · x)) / beta: a smooth ReLU.</summary>
/// <param name="beta">Sharpness.</param>
/// <param name="threshold">Of beta · x, above which the layer is the identity.</param>
public sealed class Softplus(double beta = 1, double threshold = 20) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => input.Softplus(beta, threshold);
}
