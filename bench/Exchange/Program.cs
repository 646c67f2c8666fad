using System.Diagnostics;
using System.Globalization;
using Retort.Torch;
using Retort.Torch.Distributed;

// How long the gradients of a network take from one rank to the others: bench/replicas.sh starts the ranks.
const int Parameters = 62, Rounds = 30;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
TorchRuntime.Threads = 1;
DistributedEnvironment environment = DistributedEnvironment.Read(Environment.GetEnvironmentVariable)
    ?? throw new InvalidOperationException("RANK and WORLD_SIZE are not set: start it by bench/replicas.sh.");
using Store store = environment.OpenStore();
using var group = new ProcessGroup(store, environment.Rank, environment.WorldSize, environment.Timeout, environment.Address);
if (group.Rank == 0)
    Console.WriteLine($"| parameters | copying and exchange, ms (median of {Rounds}) | fastest, ms | GB/s of gradients |\n|---|---|---|---|");
foreach (double millions in (double[])[0.3, 1.2, 11])
{
    Tensor[] parameters = [.. Enumerable.Range(0, Parameters).Select(_ => Aten.Rand([(long)(millions * 1e6 / Parameters)]).Persist())];
    using var flat = new FlatGradients(parameters, figures: 4);
    double[] times = new double[Rounds];
    for (int round = -3; round < Rounds; round++)
    {
        using var scope = new TensorScope();
        foreach (Tensor parameter in parameters)
            parameter.Grad = parameter.Clone();
        group.Barrier();
        long start = Stopwatch.GetTimestamp();
        flat.Sum(group, new float[4]);
        if (round >= 0)
            times[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    Array.Sort(times);
    if (group.Rank == 0)
        Console.WriteLine($"| {millions} M | {times[Rounds / 2]:0.00} | {times[0]:0.00} | {millions * 4e-3 / times[Rounds / 2] * 1e3:0.00} |");
    foreach (Tensor parameter in parameters)
    {
        parameter.Grad = null;
        parameter.Dispose();
    }
}

group.Barrier();
