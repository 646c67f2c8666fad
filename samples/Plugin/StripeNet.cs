using Retort.Torch.Modules;
using Retort.Vision.Models;

namespace Plugin;

/// <summary>
/// A network of one's own for the <c>retort</c> program: two models of different widths, which recipes name once the program has been told
/// of this assembly. <c>retort train plugin.yaml --plugin Plugin.dll</c>
/// </summary>
[Model("stripenet-24", ImageSize = 32, Width = 24)]
[Model("stripenet-4", ImageSize = 32, Width = 4)]
public sealed class StripeNet : ChainNetwork
{
    /// <summary>Makes it, newly initialised.</summary>
    /// <param name="width">Channels of the first stage; each further one has twice as many.</param>
    /// <param name="classes">Length of the logits.</param>
    public StripeNet(int width, int classes)
        : base(classes)
    {
        int inputs = 3;
        for (int stage = 1; stage <= 3; stage++)
        {
            int outputs = width << (stage - 1);
            var across = Add($"across{stage}", new Conv2d(inputs, outputs, new Size2d(1, 5), stride: 2, padding: new Size2d(0, 2), bias: false));
            var down = Add($"down{stage}", new Conv2d(outputs, outputs, new Size2d(5, 1), padding: new Size2d(2, 0), bias: false));
            var norm = Add($"norm{stage}", new BatchNorm2d(outputs));
            Append($"stage{stage}", map => norm.Forward(down.Forward(across.Forward(map))).Relu(), [across, down, norm]);
            inputs = outputs;
        }

        AppendPooled();
        End(Add("fc", new Linear(inputs, classes)));
    }
}
