using System.Globalization;
using BenchmarkDotNet.Attributes;
using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;

namespace Retort.Benchmarks;

/// <summary>How a loss grows with what it reads: methods on features with the size of their map, methods on logits with the number of classes.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
[TensorMemory]
public class GrowthBenchmarks
{
    private const int Batch = 64;

    private LossCase? _case;

    /// <summary>Method, channels, height and width of the last map, classes.</summary>
    public static IEnumerable<string> Cases =>
    [
        .. from method in (string[])["nst", "sp", "crd"]
           from map in (string[])["64 8 8", "256 8 8", "512 4 4", "64 16 16", "64 32 32", "256 32 32"]
           select $"{method} {map} 100",
        .. from method in (string[])["kd", "dist"]
           from classes in (string[])["10", "100", "1000", "10000"]
           select $"{method} 64 8 8 {classes}",
    ];

    /// <summary>The case measured.</summary>
    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    /// <summary>Makes what the loss reads.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.Threads = Environment.ProcessorCount;
        TorchRuntime.Seed(0);
        string[] words = Case.Split(' ');
        long[] map = [.. words[1..4].Select(length => long.Parse(length, CultureInfo.InvariantCulture))];
        int classes = int.Parse(words[4], CultureInfo.InvariantCulture);
        var shape = new NetworkShape
        {
            Name = "network", Classes = classes, ImageHeight = 32, ImageWidth = 32,
            Taps = new OrderedDictionary<string, long[]> { ["stage1"] = map, ["pooled"] = [map[0]] },
        };
        _case = new LossCase(words[0], shape, shape, Batch, _ => (Random(shape), Random(shape)));
        _case.ForwardAndBackward(); // so that there are gradients
        TensorMemoryAttribute.Measure(Case, () => _case.ForwardAndBackward());
    }

    /// <summary>The loss, and its gradient with respect to what the student gave.</summary>
    [Benchmark]
    public double ForwardAndBackward() => _case!.ForwardAndBackward();

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Free() => _case?.Dispose();

    private static NetworkOutput Random(NetworkShape shape) => new(
        Aten.Randn([Batch, shape.Classes]), shape.Taps.ToDictionary(tap => tap.Key, tap => Features([Batch, .. tap.Value])));

    private static Tensor Features(long[] shape) => shape.Length == 4 ? Aten.Randn(shape).To(MemoryFormat.ChannelsLast) : Aten.Randn(shape);
}
