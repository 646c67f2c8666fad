namespace Retort.Training.Parallel;

/// <summary>Makes a seed of numbers that lie near each other.</summary>
internal static class RandomSeed
{
    /// <summary>A number that looks random, and is a function of these: SplitMix64's finaliser, after each of them.</summary>
    public static ulong Of(params ReadOnlySpan<ulong> numbers)
    {
        ulong seed = 0;
        foreach (ulong number in numbers)
        {
            seed += number + 0x9E3779B97F4A7C15;
            seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
            seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
            seed ^= seed >> 31;
        }

        return seed;
    }
}
