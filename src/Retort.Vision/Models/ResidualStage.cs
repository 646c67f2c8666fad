using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>Residual blocks at one resolution, named "0", "1", ...; the output of the last one is a tap.</summary>
internal sealed class ResidualStage : Module
{
    private readonly ResidualBlock[] _blocks;

    /// <summary>Takes over the blocks.</summary>
    /// <param name="tap">Name of the tap.</param>
    /// <param name="blocks">At least one.</param>
    public ResidualStage(string tap, IReadOnlyList<ResidualBlock> blocks)
    {
        Tap = tap;
        _blocks = [.. blocks];
        for (int b = 0; b < _blocks.Length; b++)
            Add(b.ToString(), _blocks[b]);
    }

    /// <summary>Name of the tap.</summary>
    public string Tap { get; }

    /// <summary>The last batch norm before the tap's activation; null where the tap has none of its own.</summary>
    public BatchNorm? LastNorm => _blocks[^1].LastNorm;

    /// <summary>Channels of the output.</summary>
    public int Outputs => _blocks[^1].Outputs;

    /// <summary>Makes stages whose taps are "stage1", "stage2", ...; each but the first begins with a block of stride 2.</summary>
    /// <param name="inputs">Channels of the first stage's input.</param>
    /// <param name="counts">Number of blocks of each stage.</param>
    /// <param name="makeBlock">Makes a block from its input channels, the number of its stage (from 0) and its stride.</param>
    public static ResidualStage[] Chain(int inputs, IReadOnlyList<int> counts, Func<int, int, int, ResidualBlock> makeBlock)
    {
        var stages = new ResidualStage[counts.Count];
        for (int s = 0; s < stages.Length; s++)
        {
            var blocks = new ResidualBlock[counts[s]];
            for (int b = 0; b < blocks.Length; b++)
            {
                blocks[b] = makeBlock(inputs, s, b == 0 && s > 0 ? 2 : 1);
                inputs = blocks[b].Outputs;
            }

            stages[s] = new ResidualStage($"stage{s + 1}", blocks);
        }

        return stages;
    }

    /// <summary>Runs the blocks.</summary>
    /// <param name="input">Borrowed.</param>
    /// <param name="taps">Is offered the stage's output before and after its last ReLU.</param>
    public Tensor Forward(Tensor input, TapCollector taps)
    {
        Tensor current = input;
        for (int b = 0; b < _blocks.Length; b++)
        {
            Tensor sum = _blocks[b].BeforeActivation(current);
            if (b > 0)
                current.Dispose();
            current = b == _blocks.Length - 1 ? taps.Rectify(Tap, sum) : sum.Relu_();
        }

        return current;
    }
}
