using Retort.Distillation;
using Retort.Torch;
using Retort.Torch.Distributed;
using Retort.Torch.Modules;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Training.Parallel;

/// <summary>Processes of a process group that train together.</summary>
public sealed class GroupReplicas : Replicas, IBatchExchange
{
    private const int ChunkBytes = 16 << 20;

    private readonly ProcessGroup _group;
    private readonly Store? _owned;
    private readonly CancellationTokenSource _agreed = new();
    private readonly BatchNormGroup _statistics;
    private IReadOnlyList<Tensor>? _summed; // what _flat is for: a stage's parameters
    private FlatGradients? _flat;
    private CancellationToken _wish;
    private BatchLayout _batch;
    private ulong _random;

    /// <summary>Takes a group.</summary>
    /// <param name="group">The processes; owned from now on.</param>
    /// <param name="store">Where they met, closed after the group; null: the caller's.</param>
    public GroupReplicas(ProcessGroup group, Store? store = null)
    {
        (_group, _owned) = (group, store);
        Share = new BatchShare(group.Rank, group.WorldSize);
        _batch = new BatchLayout(Share, group.WorldSize);
        _statistics = new BatchNormGroup(group);
    }

    /// <inheritdoc/>
    public override BatchShare Share { get; }

    /// <inheritdoc/>
    public override IBatchExchange Exchange => this;

    /// <inheritdoc/>
    public override string Notice =>
        $"{Share.Count} processes train together, each on its share of every batch; this is rank {Share.Rank}, which alone writes.";

    /// <summary>Meets the processes that an environment tells of.</summary>
    /// <param name="environment">Who they are, and where they meet.</param>
    /// <param name="device">Where this process computes. What is exchanged in every step goes by NCCL from GPU to GPU, where this build has it.</param>
    /// <exception cref="ProcessGroupException">Not all came in time.</exception>
    public static GroupReplicas Join(DistributedEnvironment environment, Device device)
    {
        Store store = environment.OpenStore();
        try
        {
            bool usesNccl = device.Type == DeviceType.Cuda && ProcessGroup.HasNccl;
            return new GroupReplicas(
                new ProcessGroup(store, environment.Rank, environment.WorldSize, environment.Timeout, environment.Address, usesNccl), store);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override CancellationToken Agree(CancellationToken cancel)
    {
        _wish = cancel;
        return _agreed.Token;
    }

    /// <inheritdoc/>
    public override void Equalise(IReadOnlyList<Tensor> tensors)
    {
        using var noGrad = GradMode.Disable();
        // One exchange for each type, however many tensors there are.
        foreach (IGrouping<DType, Tensor> alike in tensors.GroupBy(tensor => tensor.DType))
        {
            using var scope = new TensorScope();
            Tensor flat = Aten.Cat([.. alike.Select(tensor => tensor.Detach().To(Device.Cpu).Contiguous().View([-1]))], 0);
            _group.Broadcast(flat);
            long place = 0;
            foreach (Tensor tensor in alike)
            {
                if (!IsFirst)
                    tensor.Detach().Copy_(flat.Narrow(0, place, tensor.Count).View(tensor.Shape));
                place += tensor.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override string Equalise(string text)
    {
        using var length = Tensor.From<long>([System.Text.Encoding.UTF8.GetByteCount(text)]);
        _group.Broadcast(length);
        using var stream = new MemoryStream();
        if (IsFirst)
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        stream.Position = 0;
        Equalise(stream, length.Item<long>());
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <inheritdoc/>
    public override void Equalise(Stream stream, long length)
    {
        for (long done = 0; done < length; done += ChunkBytes)
        {
            int count = (int)Math.Min(ChunkBytes, length - done);
            using Tensor chunk = Aten.Empty([count], DType.UInt8);
            if (IsFirst)
                stream.ReadExactly(chunk.DenseBytes(0, count));
            _group.Broadcast(chunk);
            if (!IsFirst)
                stream.Write(chunk.DenseBytes(0, count));
        }
    }

    /// <inheritdoc/>
    public override void BeginStep(Batch batch, long seed, int epoch)
    {
        _batch = new BatchLayout(Share, batch.Total);
        _statistics.Counts = _batch.Counted > 0;
        // A function of the place in the training and of the rank: nothing to save, and any number of processes can go on.
        _random = RandomSeed.Of((ulong)seed, (ulong)epoch, (ulong)batch.Step);
        TorchRuntime.Seed((long)RandomSeed.Of(_random, 1 + (ulong)Share.Rank));
    }

    /// <inheritdoc/>
    public void ShareRandomNumbers() => TorchRuntime.Seed((long)_random);

    /// <inheritdoc/>
    public Tensor Gather(Tensor rows) => new GatheredRows(_group, _batch).Apply(rows);

    /// <inheritdoc/>
    public override double Weight => _batch.Weight;

    /// <inheritdoc/>
    public override IDisposable? Synchronise(IReadOnlyList<BatchNorm> norms) => new SynchronisedNorms(norms, _statistics);

    /// <inheritdoc/>
    public override StepFigures Sum(IReadOnlyList<Tensor> parameters, StepFigures figures)
    {
        // What stops one stops all: a loss that is no number and a wish to end travel with the gradients.
        float[] sums = [.. figures.Terms.Select(term => (float)term), figures.Hits, _wish.IsCancellationRequested ? 1 : 0];
        FlatOf(parameters, sums.Length).Sum(_group, sums);
        if (sums[^1] > 0)
            _agreed.Cancel();
        return figures with { Hits = (long)sums[^2], Terms = [.. sums[..^2].Select(value => (double)value)] };
    }

    /// <inheritdoc/>
    public override void Sum(Tensor tensor) => _group.AllReduce(tensor);

    /// <inheritdoc/>
    public override void Meet() => _group.Barrier();

    /// <inheritdoc/>
    public override void Leave(string reason) => _group.Leave(reason);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _flat?.Dispose();
        _group.Dispose();
        _owned?.Dispose();
        _agreed.Dispose();
    }

    // Of one stage at a time.
    private FlatGradients FlatOf(IReadOnlyList<Tensor> parameters, int figures)
    {
        if (_flat is not null && ReferenceEquals(_summed, parameters) && _flat.Figures == figures)
            return _flat;
        _flat?.Dispose();
        (_summed, _flat) = (parameters, new FlatGradients(parameters, figures, parameters.Count > 0 ? _group.Place(parameters[0].Device) : null));
        return _flat;
    }
}
