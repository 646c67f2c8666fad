using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Distillation.Connectors;

/// <summary>
/// ReviewKD's attention-based fusion: a student's map is brought to the common number of channels, fused with what the deeper levels gave,
/// position by position with two learnt gates, and mapped to the teacher's channels at the teacher's size.
/// </summary>
internal sealed class AttentionFusion : Module
{
    private readonly Sequential _reduce;
    private readonly Sequential _expand;
    private readonly Sequential? _gates;

    /// <summary>Makes a level.</summary>
    /// <param name="inputs">Channels of the student's map.</param>
    /// <param name="middle">Channels in which levels are fused.</param>
    /// <param name="outputs">Channels of the teacher's map.</param>
    /// <param name="fuses">Whether there is a deeper level.</param>
    public AttentionFusion(int inputs, int middle, int outputs, bool fuses)
    {
        _reduce = Add("conv1", Block(inputs, middle, kernel: 1));
        _expand = Add("conv2", Block(middle, outputs, kernel: 3));
        _gates = fuses ? Add("att_conv", new Sequential(new Conv2d(2 * middle, 2, kernelSize: 1), new Sigmoid())) : null;
    }

    /// <summary>Applies the level.</summary>
    /// <param name="map">The student's, [N, inputs, h, w].</param>
    /// <param name="deeper">What the next deeper level passed on, [N, middle, ., .]; null for the deepest.</param>
    /// <param name="height">The teacher's.</param>
    /// <param name="width">The teacher's.</param>
    /// <returns>Output [N, outputs, height, width] to compare with the teacher; Fused [N, middle, height, width] for the next level.</returns>
    public (Tensor Output, Tensor Fused) Forward(Tensor map, Tensor? deeper, long height, long width)
    {
        Tensor fused = _reduce.Forward(map);
        if (_gates is not null && deeper is not null)
        {
            Tensor other = deeper.UpsampleNearest2d([fused.Size(2), fused.Size(3)]);
            Tensor gates = _gates.Forward(Aten.Cat([fused, other], 1));
            fused = fused * gates.Narrow(1, 0, 1) + other * gates.Narrow(1, 1, 1);
        }

        if (fused.Size(2) != height || fused.Size(3) != width)
            fused = fused.UpsampleNearest2d([height, width]);
        return (_expand.Forward(fused), fused);
    }

    private static Sequential Block(int from, int to, int kernel)
    {
        var convolution = new Conv2d(from, to, kernel, padding: kernel / 2, bias: false);
        // Kaiming uniform with a = 1: gain 1, bound √(3 / fan-in).
        using (GradMode.Disable())
        {
            double bound = Math.Sqrt(3.0 / (from * kernel * kernel));
            convolution.Weight.Uniform_(-bound, bound);
        }

        return new Sequential(convolution, new BatchNorm2d(to));
    }
}
