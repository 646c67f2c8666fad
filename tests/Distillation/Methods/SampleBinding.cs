using Retort.Distillation;

namespace Retort.Tests.Distillation.Methods;

/// <summary>Two networks of 10 classes that have only the taps of the pairs, named "0", "1", ...</summary>
internal static class SampleBinding
{
    public static MethodBinding Of(params (long[] Student, long[] Teacher)[] pairs) => new()
    {
        Student = Shape("small", pairs.Select(p => p.Student)),
        Teacher = Shape("large", pairs.Select(p => p.Teacher)),
        Pairs = [.. pairs.Select((_, k) => new TapPair($"{k}", $"{k}"))],
    };

    private static NetworkShape Shape(string name, IEnumerable<long[]> taps) => new()
    {
        Name = name,
        Classes = 10,
        Taps = new OrderedDictionary<string, long[]>(taps.Select((shape, k) => KeyValuePair.Create($"{k}", shape))),
    };
}
