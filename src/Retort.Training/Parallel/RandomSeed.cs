using Retort.Vision;

namespace Retort.Training.Parallel;

/// <summary>Makes a seed of numbers that lie near each other.</summary>
internal static class RandomSeed
{
    /// <summary>A number that looks random, and is a function of these.</summary>
    public static ulong Of(params ReadOnlySpan<ulong> numbers)
    {
        ulong seed = 0;
        foreach (ulong number in numbers)
            seed = CounterRandom.Mix(seed + number + CounterRandom.Step);
        return seed;
    }
}
