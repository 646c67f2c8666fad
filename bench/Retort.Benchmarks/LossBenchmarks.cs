using BenchmarkDotNet.Attributes;
using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Benchmarks;

/// <summary>
/// Each method's loss, forward and backward, on features and logits of the sizes that standard pairs give for 64 images of CIFAR-100. A step's
/// networks are not in it.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class LossBenchmarks
{
    private const int Batch = 64, Classes = 100, Side = 32;

    private LossCase? _case;

    /// <summary>All methods that are terms of a student's loss.</summary>
    public static IEnumerable<string> Methods => MethodRegistry.Default.Entries.Where(entry => !entry.TrainsTeacher).Select(entry => entry.Name);

    /// <summary>The method measured, with its default options.</summary>
    [ParamsSource(nameof(Methods))]
    public string Method { get; set; } = "";

    /// <summary>Teacher and student.</summary>
    [Params("resnet56 resnet20", "resnet32x4 resnet8x4", "wrn_40_2 wrn_16_2")]
    public string Pair { get; set; } = "";

    /// <summary>Makes what the loss reads.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.Threads = Environment.ProcessorCount;
        TorchRuntime.Seed(0);
        string[] models = Pair.Split(' ');
        using Network teacher = Make(models[0]), student = Make(models[1]);
        _case = new LossCase(
            Method, NetworkShape.Of(models[1], student, Side, Side, Device.Cpu), NetworkShape.Of(models[0], teacher, Side, Side, Device.Cpu), Batch,
            objective =>
            {
                Tensor images = objective.Show(Aten.Randn([Batch, 3, Side, Side]).To(MemoryFormat.ChannelsLast));
                return (student.Forward(images, objective.StudentTaps), teacher.Forward(images, objective.TeacherTaps));
            });
    }

    /// <summary>The loss, and its gradient with respect to what the student gave.</summary>
    [Benchmark]
    public double ForwardAndBackward() => _case!.ForwardAndBackward();

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Free() => _case?.Dispose();

    private static Network Make(string model)
    {
        Network network = ModelRegistry.Default.Create(model, Classes);
        network.To(MemoryFormat.ChannelsLast);
        network.Eval();
        return network;
    }
}
