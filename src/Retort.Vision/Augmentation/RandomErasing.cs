using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>Random erasing (Zhong et al., arXiv:1708.04896) as timm has it: after normalisation, a rectangle becomes zeros or noise.</summary>
/// <param name="options">How often, how large.</param>
/// <param name="order">How the floats lie.</param>
internal sealed class RandomErasing(RandomErasingOptions options, PixelOrder order)
{
    private const int Attempts = 10;

    /// <summary>Erases in place.</summary>
    /// <param name="pixels">Width · height · 3 normalised values.</param>
    /// <param name="size">The image's size.</param>
    /// <param name="random">The image's stream.</param>
    public void Apply(Span<float> pixels, ImageSize size, ref CounterRandom random)
    {
        if (!random.Chance(options.Probability)) return;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = random.Between(options.LeastArea, options.MostArea) * size.Width * size.Height;
            double aspect = Math.Exp(random.Between(Math.Log(options.LeastAspect), Math.Log(options.MostAspect)));
            int height = (int)Math.Round(Math.Sqrt(area * aspect)), width = (int)Math.Round(Math.Sqrt(area / aspect));
            if (width >= size.Width || height >= size.Height) continue;
            int top = random.Next(size.Height - height + 1), left = random.Next(size.Width - width + 1);
            Fill(pixels, size, left, top, width, height, ref random);
            return;
        }
    }

    private void Fill(Span<float> pixels, ImageSize size, int left, int top, int width, int height, ref CounterRandom random)
    {
        Span<float> colour = stackalloc float[3];
        colour.Clear();
        if (options.Mode == ErasingMode.Rand) Draw(colour, ref random);
        int plane = size.Width * size.Height;
        for (int y = top; y < top + height; y++)
        {
            for (int at = (y * size.Width) + left; at < (y * size.Width) + left + width; at++)
            {
                if (options.Mode == ErasingMode.Pixel) Draw(colour, ref random);
                for (int c = 0; c < 3; c++)
                    pixels[order == PixelOrder.ChannelsLast ? (at * 3) + c : (c * plane) + at] = colour[c];
            }
        }
    }

    private static void Draw(Span<float> colour, ref CounterRandom random)
    {
        for (int c = 0; c < 3; c++) colour[c] = (float)random.NextNormal();
    }
}
