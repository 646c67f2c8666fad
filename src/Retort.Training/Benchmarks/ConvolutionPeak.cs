using System.Diagnostics;
using Retort.Torch;

namespace Retort.Training.Benchmarks;

/// <summary>What the machine can do: operations a second of a convolution as large as caches and vectors like it.</summary>
internal static class ConvolutionPeak
{
    private const int Images = 16, Channels = 128, Size = 28, Kernel = 3, Rounds = 8;

    /// <summary>Measures it; the best of several rounds, since others may be at work.</summary>
    /// <returns>Floating-point operations a second.</returns>
    public static double Measure(Compute compute)
    {
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        Tensor images = Random([Images, Channels, Size, Size], compute), weight = Random([Channels, Channels, Kernel, Kernel], compute);
        double operations = 2.0 * Images * Size * Size * Channels * Channels * Kernel * Kernel, best = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long begun = Stopwatch.GetTimestamp();
            using (Tensor result = Aten.Conv2d(images, weight, null, [1, 1], [1, 1], [1, 1], 1))
            {
                if (compute.Device.Type == DeviceType.Cuda)
                    result.Sum().ToDouble(); // waits for it
            }

            best = Math.Max(best, operations / Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        return best;
    }

    private static Tensor Random(long[] shape, Compute compute) => Aten.Randn(shape).To(compute.Device).To(compute.Type).To(MemoryFormat.ChannelsLast);
}
