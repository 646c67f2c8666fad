using System.Diagnostics;
using Retort.Torch;

namespace Retort.Training.Benchmarks;

/// <summary>What the machine can do: operations a second of the convolution that it likes best, of one with many channels and one with few.</summary>
internal static class ConvolutionPeak
{
    private const int Kernel = 3, Rounds = 8;

    /// <summary>Vectors of 512 bits and bf16 want many channels; processors with AVX2 alone are at their best with few.</summary>
    private static readonly (int Images, int Channels, int Size)[] _shapes = [(16, 128, 28), (64, 16, 32)];

    /// <summary>Measures it; the best of several rounds, since others may be at work.</summary>
    /// <returns>Floating-point operations a second.</returns>
    public static double Measure(Compute compute)
    {
        using var noGrad = GradMode.Disable();
        return _shapes.Max(shape => Measure(shape.Images, shape.Channels, shape.Size, compute));
    }

    private static double Measure(int imageCount, int channels, int size, Compute compute)
    {
        using var scope = new TensorScope();
        Tensor images = Random([imageCount, channels, size, size], compute), weight = Random([channels, channels, Kernel, Kernel], compute);
        double operations = 2.0 * imageCount * size * size * channels * channels * Kernel * Kernel, best = 0;
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
