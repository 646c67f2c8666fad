using Retort.Torch;

namespace Retort.Training.Verification;

/// <summary>Weights from a linear congruential generator, as golden cases describe them: both sides compute the same, so none are stored.</summary>
internal static class LcgFill
{
    /// <summary>As a case names it.</summary>
    public const string Name = "lcg";

    private const uint Seed = 2654435761, Factor = 1664525, Increment = 1013904223;

    /// <summary>Overwrites a state dict in its order.</summary>
    /// <param name="state">Parameters and buffers on the CPU, by PyTorch's names.</param>
    public static void Apply(IEnumerable<KeyValuePair<string, Tensor>> state)
    {
        using var noGrad = GradMode.Disable();
        uint index = 0;
        foreach ((string name, Tensor tensor) in state)
        {
            uint x = unchecked(++index * Seed);
            string kind = name[(name.LastIndexOf('.') + 1)..];
            if (kind == "num_batches_tracked")
                continue;
            using Tensor filled = Tensor.From<float>(Values(x, tensor.Shape, RuleFor(kind, name, tensor.Shape)), tensor.Shape);
            tensor.Copy_(filled);
        }
    }

    private static float[] Values(uint x, long[] shape, Func<double, double> rule)
    {
        long count = 1;
        foreach (long length in shape)
            count *= length;
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            x = unchecked((x * Factor) + Increment);
            values[i] = (float)rule((x >> 8) / 16777216.0);
        }

        return values;
    }

    /// <summary>What makes a value of a number in [0, 1).</summary>
    private static Func<double, double> RuleFor(string kind, string name, long[] shape)
    {
        switch (kind)
        {
            case "weight" when shape.Length >= 2:
                long fanIn = 1;
                foreach (long length in shape.AsSpan(1))
                    fanIn *= length;
                double bound = Math.Sqrt(6.0 / fanIn);
                return u => ((2 * u) - 1) * bound;
            case "weight" or "running_var":
                return u => 0.5 + u;
            case "bias" or "running_mean":
                return u => 0.2 * (u - 0.5);
            default:
                throw new RetortException($"The fill \"{Name}\" has no rule for {name}: store the weights in the case.");
        }
    }
}
