using System.Diagnostics;
using System.Globalization;
using Retort.Torch;
using Retort.Torch.Distributed;

// How long the gradients of a network take from one rank to the others, how much of that a backward pass could hide, and what both mean for many
// workers: bench/replicas.sh starts the ranks. Arguments: milliseconds of a training step of each size on one thread.
const int Parameters = 62, Rounds = 20, Buckets = 4;
double[] millions = [0.3, 1.2, 11];
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
TorchRuntime.Threads = 1;
DistributedEnvironment environment = DistributedEnvironment.Read(Environment.GetEnvironmentVariable)
    ?? throw new InvalidOperationException("RANK and WORLD_SIZE are not set: start it by bench/replicas.sh.");
using Store store = environment.OpenStore();
using var group = new ProcessGroup(store, environment.Rank, environment.WorldSize, environment.Timeout, environment.Address);

using Tensor word = Aten.Zeros([1]);
double latency = Median(() => group.AllReduce(word));
Print($"An exchange of one number takes {latency:0.00} ms (median of {Rounds}).\n");
Print("| parameters | copying and exchange, ms | GB/s of gradients | in 4 parts, ms | each tensor by itself, ms | hidden behind a computation |\n|---|---|---|---|---|---|");
List<(double Exchange, double Hidden)> measured = [];
foreach (double size in millions)
{
    Tensor[] parameters = [.. Enumerable.Range(0, Parameters).Select(_ => Aten.Rand([(long)(size * 1e6 / Parameters)]).Persist())];
    using var flat = new FlatGradients(parameters, figures: 4);
    double whole = Median(() => flat.Sum(group, new float[4]), () =>
    {
        foreach (Tensor parameter in parameters)
            parameter.Grad = parameter.Clone();
    });
    using Tensor gradients = Aten.Rand([(long)(size * 1e6)]);
    double cut = Median(() =>
    {
        Tensor[] parts = gradients.Chunk(Buckets);
        GroupWork[] works = [.. parts.Select(group.AllReduceAsync)];
        foreach (GroupWork work in works)
            work.Wait();
    });
    double single = Median(() => Array.ForEach(parameters, group.AllReduce));

    // A computation of about as long as the exchange, alone, before it, and beside it.
    using Tensor images = Aten.Rand([8, 64, 32, 32]), kernel = Aten.Rand([64, 64, 3, 3]);
    double convolution = Median(() => Aten.Conv2d(images, kernel).Dispose());
    int times = Math.Max(1, (int)(whole / convolution));
    void Compute()
    {
        for (int i = 0; i < times; i++)
            Aten.Conv2d(images, kernel).Dispose();
    }

    double after = Median(() =>
    {
        Compute();
        group.AllReduce(gradients);
    });
    double beside = Median(() =>
    {
        GroupWork work = group.AllReduceAsync(gradients);
        Compute();
        work.Wait();
    });
    double hidden = Math.Clamp((after - beside) / (after - (times * convolution)), 0, 1);
    measured.Add((whole, hidden));
    Print($"| {size} M | {whole:0.00} | {size * 4 / whole:0.00} | {cut:0.00} | {single:0.00} | {hidden:P0} |");
    foreach (Tensor parameter in parameters)
    {
        parameter.Grad = null;
        parameter.Dispose();
    }
}

if (args.Length == millions.Length)
{
    Print($"\n| workers | {string.Join(" | ", millions.Select((size, i) => $"{size} M, step of {args[i]} ms"))} |\n|---{string.Concat(millions.Select(_ => "|---"))}|");
    foreach (int workers in (int[])[8, 16, 32, 64, 128, 256])
    {
        IEnumerable<string> cells = millions.Select((_, i) =>
        {
            // A ring: 2 (n - 1) messages of 1/n of the gradients. Two ranks send each of theirs once, in 2 messages.
            double hop = latency / 2, bytes = Math.Max(measured[i].Exchange - latency, 0);
            double exchange = (2 * (workers - 1) * hop) + (bytes * 2 * (workers - 1) / workers), step = double.Parse(args[i], CultureInfo.InvariantCulture);
            return $"{step / (step + exchange):P0} ({step / (step + (exchange * (1 - measured[i].Hidden))):P0})";
        });
        Print($"| {workers} | {string.Join(" | ", cells)} |");
    }
}

group.Barrier();

void Print(string text)
{
    if (group.Rank == 0)
        Console.WriteLine(text);
}

// Milliseconds, when all ranks begin together.
double Median(Action action, Action? before = null)
{
    double[] taken = new double[Rounds];
    for (int round = -3; round < Rounds; round++)
    {
        using var scope = new TensorScope();
        before?.Invoke();
        group.Barrier();
        long start = Stopwatch.GetTimestamp();
        action();
        if (round >= 0)
            taken[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    Array.Sort(taken);
    return taken[Rounds / 2];
}
