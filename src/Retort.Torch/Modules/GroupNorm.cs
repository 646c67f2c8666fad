namespace Retort.Torch.Modules;

/// <summary>Normalises each sample over groups of its channels.</summary>
public sealed class GroupNorm : Layer
{
    /// <summary>Makes the layer, scale 1 and shift 0.</summary>
    /// <param name="groups">Number of groups; divides the channels.</param>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="epsilon">Added to the variance before its root.</param>
    /// <param name="affine">Whether scale and shift are learnt.</param>
    public GroupNorm(int groups, int channels, double epsilon = 1e-5, bool affine = true)
    {
        ChannelGroups.Require(channels, channels, groups);
        (Groups, Epsilon) = (groups, epsilon);
        if (affine)
        {
            Weight = AddParameter("weight", Aten.Ones([channels]));
            Bias = AddParameter("bias", Aten.Zeros([channels]));
        }
    }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <summary>Added to the variance before its root.</summary>
    public double Epsilon { get; }

    /// <summary>Scale, [channels], or null.</summary>
    public Tensor? Weight { get; }

    /// <summary>Shift, [channels], or null.</summary>
    public Tensor? Bias { get; }

    /// <inheritdoc/>
    /// <remarks>Input and output [N, channels, ...].</remarks>
    public override Tensor Forward(Tensor input) => Aten.GroupNorm(input, Groups, Weight, Bias, Epsilon);
}
