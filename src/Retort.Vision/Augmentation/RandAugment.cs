using Retort.Vision.Datasets;

namespace Retort.Vision.Augmentation;

/// <summary>
/// RandAugment (Cubuk et al., arXiv:1909.13719) with the operations and ranges of timm: a few operations, drawn anew for each image.
/// Rotation, shears and translations are bilinear and show the mean colour from beyond the image.
/// </summary>
/// <remarks>Checked against PIL's definitions and timm's ranges; the random numbers are Retort's own.</remarks>
/// <param name="options">How strong.</param>
/// <param name="fill">Red, green, blue from beyond the image.</param>
internal sealed class RandAugment(RandAugmentOptions options, byte[] fill)
{
    private const double Most = 10; // of the magnitude

    private static readonly Operation[] Operations =
    [
        (ref Canvas canvas, ref CounterRandom _, double _, bool _) => LookUp.AutoContrast(canvas.Image),
        (ref Canvas canvas, ref CounterRandom _, double _, bool _) => LookUp.Equalize(canvas.Image),
        (ref Canvas canvas, ref CounterRandom _, double _, bool _) => LookUp.Invert(canvas.Image),
        (ref Canvas canvas, ref CounterRandom random, double level, bool _) =>
            canvas.Warp(AffineWarp.Rotate(EitherSign(level * 30, ref random), canvas.Size)),
        (ref Canvas canvas, ref CounterRandom _, double level, bool increasing) =>
            LookUp.Posterize(canvas.Image, increasing ? 4 - (int)(level * 4) : (int)(level * 4)),
        (ref Canvas canvas, ref CounterRandom _, double level, bool increasing) =>
            LookUp.Solarize(canvas.Image, increasing ? 256 - (int)(level * 256) : (int)(level * 256)),
        (ref Canvas canvas, ref CounterRandom _, double level, bool _) => LookUp.SolarizeAdd(canvas.Image, (int)(level * 110)),
        (ref Canvas canvas, ref CounterRandom random, double level, bool increasing) =>
            Enhancement.Color(canvas.Image, Factor(level, increasing, ref random)),
        (ref Canvas canvas, ref CounterRandom random, double level, bool increasing) =>
            Enhancement.Contrast(canvas.Image, Factor(level, increasing, ref random)),
        (ref Canvas canvas, ref CounterRandom random, double level, bool increasing) =>
            Enhancement.Brightness(canvas.Image, Factor(level, increasing, ref random)),
        (ref Canvas canvas, ref CounterRandom random, double level, bool increasing) =>
            Enhancement.Sharpness(canvas.Image, canvas.Size, Factor(level, increasing, ref random), canvas.Scratch),
        (ref Canvas canvas, ref CounterRandom random, double level, bool _) =>
            canvas.Warp(AffineWarp.ShearX(EitherSign(level * 0.3, ref random))),
        (ref Canvas canvas, ref CounterRandom random, double level, bool _) =>
            canvas.Warp(AffineWarp.ShearY(EitherSign(level * 0.3, ref random))),
        (ref Canvas canvas, ref CounterRandom random, double level, bool _) =>
            canvas.Warp(AffineWarp.Translate(EitherSign(level * 0.45, ref random) * canvas.Size.Width, 0)),
        (ref Canvas canvas, ref CounterRandom random, double level, bool _) =>
            canvas.Warp(AffineWarp.Translate(0, EitherSign(level * 0.45, ref random) * canvas.Size.Height)),
    ];

    private delegate void Operation(ref Canvas canvas, ref CounterRandom random, double level, bool increasing);

    /// <summary>How many operations there are to draw from.</summary>
    internal static int Count => Operations.Length;

    /// <summary>Varies an image in place.</summary>
    /// <param name="image">[height, width, 3].</param>
    /// <param name="size">Its size.</param>
    /// <param name="scratch">As long as the image; overwritten.</param>
    /// <param name="random">The image's stream.</param>
    public void Apply(Span<byte> image, ImageSize size, Span<byte> scratch, ref CounterRandom random)
    {
        var canvas = new Canvas { Image = image, Scratch = scratch, Size = size, Fill = fill };
        for (int i = 0; i < options.Operations; i++)
        {
            int operation = random.Next(Operations.Length);
            if (!random.Chance(options.Probability)) continue;
            double magnitude = options.Magnitude;
            if (options.MagnitudeDeviation > 0) magnitude += options.MagnitudeDeviation * random.NextNormal();
            Operations[operation](ref canvas, ref random, Math.Clamp(magnitude, 0, Most) / Most, options.Increasing);
        }
    }

    /// <summary>Does one operation, to see what it does.</summary>
    internal void Apply(int operation, Span<byte> image, ImageSize size, Span<byte> scratch, ref CounterRandom random)
    {
        var canvas = new Canvas { Image = image, Scratch = scratch, Size = size, Fill = fill };
        Operations[operation](ref canvas, ref random, Math.Clamp(options.Magnitude, 0, Most) / Most, options.Increasing);
    }

    private static double Factor(double level, bool increasing, ref CounterRandom random) =>
        increasing ? Math.Max(0.1, 1 + EitherSign(level * 0.9, ref random)) : (level * 1.8) + 0.1;

    private static double EitherSign(double value, ref CounterRandom random) => random.Chance(0.5) ? -value : value;

    /// <summary>An image on which operations work.</summary>
    private ref struct Canvas
    {
        public Span<byte> Image;
        public Span<byte> Scratch;
        public ImageSize Size;
        public ReadOnlySpan<byte> Fill;

        public readonly void Warp(AffineWarp warp)
        {
            Image.CopyTo(Scratch);
            warp.Apply(Scratch, Size, Fill, Image);
        }
    }
}
