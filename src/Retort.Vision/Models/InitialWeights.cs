using Retort.Torch.Modules;

namespace Retort.Vision.Models;

/// <summary>The initialisations that the original codes of several families share.</summary>
internal static class InitialWeights
{
    /// <summary>Every convolution: weights normal with variance 2 / (kernel size · outputs), biases 0.</summary>
    public static void Convolutions(Module network)
    {
        foreach (var (_, module) in network.NamedModules())
        {
            if (module is Conv2d conv)
            {
                Init.KaimingNormal_(conv.Weight, fanOut: true);
                if (conv.Bias is not null)
                    Init.Constant_(conv.Bias, 0);
            }
        }
    }

    /// <summary>Every linear layer: weights truncated normal with standard deviation 0.02, biases 0.</summary>
    public static void LinearLayers(Module network)
    {
        foreach (var (_, module) in network.NamedModules())
        {
            if (module is Linear linear)
            {
                Init.TruncatedNormal_(linear.Weight, 0, 0.02);
                if (linear.Bias is not null)
                    Init.Constant_(linear.Bias, 0);
            }
        }
    }

    /// <summary>A classifier's weights normal with standard deviation 0.01, biases 0.</summary>
    public static void SmallClassifier(Linear classifier)
    {
        Init.Normal_(classifier.Weight, 0, 0.01);
        Init.Constant_(classifier.Bias!, 0);
    }
}
