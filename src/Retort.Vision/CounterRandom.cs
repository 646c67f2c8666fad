using System.Runtime.InteropServices;

namespace Retort.Vision;

/// <summary>
/// A random stream that is a function of its keys alone (SplitMix64 started at a hash of them): sample 17 of epoch 3 draws
/// the same numbers on every thread and after every resume. Not for secrets.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct CounterRandom
{
    /// <summary>What SplitMix64 adds before it mixes.</summary>
    internal const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>Starts the stream that belongs to the keys.</summary>
    /// <param name="seed">The user's seed.</param>
    /// <param name="purpose">Keeps streams of different use apart, see <see cref="RandomPurpose"/>.</param>
    /// <param name="first">First key, as the epoch.</param>
    /// <param name="second">Second key, as the sample's index.</param>
    public CounterRandom(ulong seed, RandomPurpose purpose, long first, long second)
    {
        var hash = Mix(seed + Step);
        hash = Mix(hash ^ ((ulong)purpose * Step));
        hash = Mix(hash ^ (unchecked((ulong)first + 1) * Step));
        _state = Mix(hash ^ (unchecked((ulong)second + 1) * Step));
    }

    /// <summary>64 uniform bits.</summary>
    public ulong NextBits() => Mix(_state += Step);

    /// <summary>Uniform in 0 ≤ x &lt; <paramref name="bound"/>, without bias (Lemire's multiplication with rejection).</summary>
    public int Next(int bound)
    {
        var range = (uint)bound;
        var product = (ulong)(uint)NextBits() * range;
        if ((uint)product < range)
        {
            var threshold = (0u - range) % range;
            while ((uint)product < threshold) product = (ulong)(uint)NextBits() * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>Uniform in 0 ≤ x &lt; 1.</summary>
    public float NextSingle() => (NextBits() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform between two bounds.</summary>
    public float Between(float low, float high) => low + ((high - low) * NextSingle());

    /// <summary>True with the probability given.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Uniform in 0 ≤ x &lt; 1, of 53 bits.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform between two bounds, of 53 bits.</summary>
    public double Between(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Of the symmetric beta distribution, which is that of x / (x + y) for two gamma variates.</summary>
    /// <param name="alpha">Both shapes, above 0.</param>
    public double NextBeta(double alpha)
    {
        double x = NextLogGamma(alpha), y = NextLogGamma(alpha);
        return 1 / (1 + Math.Exp(y - x)); // by logarithms: both may be too small for a number
    }

    // Marsaglia and Tsang's rejection; for a shape below 1 by that of shape + 1.
    private double NextLogGamma(double shape)
    {
        if (shape < 1)
            return NextLogGamma(shape + 1) + (Math.Log(1 - NextDouble()) / shape);
        double d = shape - (1.0 / 3), c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double normal = NextNormal(), v = Math.Pow(1 + (c * normal), 3);
            if (v > 0 && Math.Log(1 - NextDouble()) < (normal * normal / 2) + d - (d * v) + (d * Math.Log(v)))
                return Math.Log(d * v);
        }
    }

    /// <summary>SplitMix64's finaliser: numbers that lie near each other become far apart.</summary>
    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
