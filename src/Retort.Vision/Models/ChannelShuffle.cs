using Retort.Torch;

namespace Retort.Vision.Models;

/// <summary>Mixes the channels of groups (Zhang et al., arXiv:1707.01083, section 3.1).</summary>
internal static class ChannelShuffle
{
    /// <summary>Takes channels from the groups in turn: the first of each, the second of each, ...</summary>
    /// <param name="input">[N, C, H, W]; freed.</param>
    /// <param name="groups">Divides C.</param>
    public static Tensor Apply(Tensor input, int groups)
    {
        if (groups == 1)
            return input;
        long channels = input.Size(1), height = input.Size(2), width = input.Size(3);
        using (input)
        {
            // Only shape operators that keep the batch free: aten::channel_shuffle has no CUDA kernel in libtorch 1.13.
            using Tensor grouped = input.Reshape([-1, groups, channels / groups, height, width]);
            using Tensor swapped = grouped.Transpose(1, 2);
            return swapped.Reshape([-1, channels, height, width]);
        }
    }
}
