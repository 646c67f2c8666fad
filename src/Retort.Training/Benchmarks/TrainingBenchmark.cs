using System.Diagnostics;
using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Training.Data;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Teachers;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Training.Benchmarks;

/// <summary>
/// How fast a student is distilled here: the pipeline of a run (batches from memory, augmentation, teacher, student, loss, backward, optimiser)
/// with a clock between its parts. The networks have random weights, on which speed does not depend.
/// </summary>
public sealed record TrainingBenchmark
{
    /// <summary>Model of the teacher; null: the student learns from labels alone.</summary>
    public string? Teacher { get; init; }

    /// <summary>Model of the student.</summary>
    public required string Student { get; init; }

    /// <summary>The method, with its default options and weight 1, beside cross-entropy; needs a teacher. Default kd.</summary>
    public string Method { get; init; } = "kd";

    /// <summary>Images of a batch, ≥ 1. Default 64.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Batches that are measured, ≥ 1. Default 50.</summary>
    public int Batches { get; init; } = 50;

    /// <summary>Batches before them that are not. Default 10.</summary>
    public int WarmUp { get; init; } = 10;

    /// <summary>Classes that the networks tell apart, at least the data's; 0, the default: the data's.</summary>
    public int Classes { get; init; }

    /// <summary>The images; the embedded ones by default.</summary>
    public DataOptions Data { get; init; } = new SyntheticDataOptions();

    /// <summary>Number format. Default auto.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Where to compute. Default the CPU.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Threads; 0: all cores.</summary>
    public int Threads { get; init; }

    /// <summary>The methods that there are; those of Retort by default.</summary>
    public MethodRegistry Methods { get; init; } = MethodRegistry.Default;

    /// <summary>The models that there are; those of Retort by default.</summary>
    public ModelRegistry Models { get; init; } = ModelRegistry.Default;

    /// <summary>Measures.</summary>
    /// <param name="observer">Is told of progress.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <exception cref="RetortException">A name is unknown, or the images cannot be read.</exception>
    public BenchmarkResult Run(ITrainingObserver observer, CancellationToken cancel)
    {
        var train = new TrainOptions { Batch = Batch, Threads = Threads, Precision = Precision };
        var compute = Compute.Choose(Precision, Device);
        TorchRuntime.Threads = train.ThreadCount;
        TorchRuntime.Seed(0);
        DataSplits data = Data.Load(observer.Preparing, cancel);
        using var load = new OtherLoad();
        double peak = ConvolutionPeak.Measure(compute);

        using Network student = Make(Student, data, compute);
        using Network? teacher = Teacher is null ? null : Make(Teacher, data, compute);
        teacher?.RequireGrad(false);
        teacher?.Eval();
        NetworkShape shape = Shape(Student, student, data, compute);
        List<DistillationTerm> terms = teacher is null
            ? []
            : [new DistillationTerm(Method, 1, Methods.Find(Method).Create(new OptionMapping([]), Method))];
        using var objective = new DistillationObjective(
            1, 0, terms, shape, teacher is null ? shape : Shape(Teacher!, teacher, data, compute), data.Train.Labels.ToArray());
        objective.To(Device).To(MemoryFormat.ChannelsLast);
        student.Train();
        objective.Train();
        using Optimizer optimizer = train.Optimizer.Create([.. student.Parameters().Concat(objective.Parameters()).Where(p => p.RequiresGrad)]);

        var loader = new BatchLoader(
            data.Train, new Sampler(data.Train.Count, Batch) { DropLast = true },
            new AugmentedTransform(data.Normalization, Data.Augment.ToAugmentation(0), data.Input));
        if (loader.Sampler.BatchesPerEpoch == 0)
            throw new RetortException($"{data.Train.Count} images are no full batch of {Batch}: lower --batch.") { WrongUse = true };
        using FrozenTeacher? frozen = teacher is null ? null : new FrozenTeacher(teacher, compute);
        var step = new Step(student, frozen, objective, optimizer, compute);
        PartClock clock = Measure(loader, step, observer, cancel);

        double seconds = clock.Total.TotalSeconds, speed = Batches * Batch / seconds;
        double macs = (3 * CostOf(student, data)) + (teacher is null ? 0 : CostOf(teacher, data));
        return new BenchmarkResult(
            speed, [.. clock.Parts.Select(part => new BenchmarkPart(part.Key, part.Value.TotalSeconds / seconds))], BenchmarkResult.PeakMemory(Device),
            2 * macs * speed, peak, load.Share(), $"{compute}", TorchRuntime.Threads);
    }

    private PartClock Measure(BatchLoader loader, Step step, ITrainingObserver observer, CancellationToken cancel)
    {
        var clock = new PartClock();
        int done = 0;
        for (int epoch = 0; ; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch, cancel: cancel))
            {
                clock.End("data");
                using (batch)
                    step.Do(batch, clock);
                done++;
                observer.Preparing("measuring batches", done, WarmUp + Batches);
                if (done == WarmUp || done == WarmUp + Batches)
                    TorchRuntime.Synchronize();
                clock.End("optimizer"); // and with it the end of the step's tensors and of the batch
                if (done == WarmUp + Batches)
                    return clock;
                if (done == WarmUp)
                {
                    clock = new PartClock();
                    TorchRuntime.ResetPeakMemory();
                }
            }
        }
    }

    private Network Make(string model, DataSplits data, Compute compute)
    {
        Network network = Models.Create(model, Math.Max(Classes, data.Train.Classes.Count));
        network.To(compute.Device).To(MemoryFormat.ChannelsLast);
        return network;
    }

    private NetworkShape Shape(string model, Network network, DataSplits data, Compute compute) =>
        NetworkShape.Of(model, network, data.Input.Height, data.Input.Width, compute.Device);

    private long CostOf(Network network, DataSplits data) => NetworkCost.Measure(network, data.Input.Height, data.Input.Width, Device).Macs;

    /// <summary>What a stage does with a batch, part by part.</summary>
    private sealed class Step(Network student, FrozenTeacher? teacher, DistillationObjective objective, Optimizer optimizer, Compute compute)
    {
        public void Do(Batch batch, PartClock clock)
        {
            using var scope = new TensorScope();
            (Tensor images, Tensor labels, Tensor indices) =
                (objective.Show(batch.Images.To(compute.Device)), batch.Labels.To(compute.Device), batch.Indices.To(compute.Device));
            clock.End("data");
            NetworkOutput? target = null;
            NetworkOutput output;
            using (compute.Enter())
            {
                if (teacher is not null)
                    target = teacher.Forward(images, objective.TeacherTaps, indices, epoch: null, objective.ReadsTeacherLogitsIn(null));
                clock.End("teacher");
                output = student.Forward(images, objective.StudentTaps);
            }

            clock.End("student");
            Tensor loss = objective.Terms(output, target, labels, indices).Select(term => term.Value).Aggregate((sum, term) => sum + term);
            loss.ToDouble(); // as a run looks at every term; on a GPU it waits for the rest
            clock.End("loss");
            optimizer.ZeroGrad();
            loss.Backward();
            clock.End("backward");
            optimizer.Step();
            clock.End("optimizer");
        }
    }

    /// <summary>Adds up the time of parts, which follow one another without a gap.</summary>
    private sealed class PartClock
    {
        private readonly Dictionary<string, TimeSpan> _parts = [];
        private long _begun = Stopwatch.GetTimestamp();

        public IReadOnlyDictionary<string, TimeSpan> Parts => _parts;

        public TimeSpan Total => _parts.Values.Aggregate(TimeSpan.Zero, (sum, part) => sum + part);

        public void End(string part)
        {
            long now = Stopwatch.GetTimestamp();
            _parts[part] = _parts.GetValueOrDefault(part) + Stopwatch.GetElapsedTime(_begun, now);
            _begun = now;
        }
    }
}
