using BenchmarkDotNet.Attributes;
using Retort.Distillation;
using Retort.Distillation.Options;
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
    private const int Batch = 64, Classes = 100, Samples = 50_000, Side = 32;

    private Network? _student, _teacher;
    private DistillationObjective? _objective;
    private NetworkOutput? _output, _target;
    private Tensor? _labels, _indices;

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
        (_teacher, _student) = (Make(models[0]), Make(models[1]));
        int[] labels = [.. Enumerable.Range(0, Samples).Select(i => i % Classes)];
        _objective = new DistillationObjective(
            0, 0, [new DistillationTerm(Method, 1, MethodRegistry.Default.Find(Method).Create(new OptionMapping([]), Method))],
            NetworkShape.Of(models[1], _student, Side, Side, Device.Cpu), NetworkShape.Of(models[0], _teacher, Side, Side, Device.Cpu), labels);
        _objective.To(MemoryFormat.ChannelsLast);
        _objective.Train();
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        Tensor images = _objective.Show(Aten.Randn([Batch, 3, Side, Side]).To(MemoryFormat.ChannelsLast));
        _target = Kept(_teacher.Forward(images, _objective.TeacherTaps), grad: false);
        _output = Kept(_student.Forward(images, _objective.StudentTaps), grad: true);
        (_labels, _indices) = (Tensor.From<long>([.. Enumerable.Range(0, Batch).Select(i => (long)i % Classes)], Batch).Persist(), Tensor.From<long>([.. Enumerable.Range(0, Batch).Select(i => (long)i)], Batch).Persist());
    }

    /// <summary>The loss, and its gradient with respect to what the student gave.</summary>
    [Benchmark]
    public double ForwardAndBackward()
    {
        using var scope = new TensorScope();
        Tensor loss = _objective!.Terms(_output!, _target, _labels!, _indices!)[0].Value;
        loss.Backward();
        return loss.ToDouble();
    }

    /// <summary>Frees it.</summary>
    [GlobalCleanup]
    public void Free()
    {
        foreach (IDisposable? made in (IDisposable?[])[_objective, _student, _teacher, _labels, _indices, .. Tensors(_output), .. Tensors(_target)])
            made?.Dispose();
    }

    private static Network Make(string model)
    {
        Network network = ModelRegistry.Default.Create(model, Classes);
        network.To(MemoryFormat.ChannelsLast);
        network.Eval();
        return network;
    }

    private static NetworkOutput Kept(NetworkOutput output, bool grad)
    {
        Tensor Keep(Tensor tensor)
        {
            Tensor kept = tensor.Detach().Persist();
            kept.RequiresGrad = grad;
            return kept;
        }

        return new NetworkOutput(Keep(output.Logits), output.Taps.ToDictionary(tap => tap.Key, tap => Keep(tap.Value)));
    }

    private static IEnumerable<Tensor> Tensors(NetworkOutput? output) => output is null ? [] : [output.Logits, .. output.Taps.Values];
}
