using System.Globalization;

namespace Retort.Torch.Distributed;

/// <summary>Maps what srun tells its tasks.</summary>
internal static class SlurmEnvironment
{
    private const string Rank = "SLURM_PROCID", WorldSize = "SLURM_NTASKS", LocalRank = "SLURM_LOCALID", Job = "SLURM_JOB_ID", Step = "SLURM_STEP_ID";

    // Ports that jobs and their steps are spread over, so that two on one node seldom meet; below those that systems give to connections.
    private const int FirstPort = 15000, Ports = 17000, PortsOfAJob = 101;

    private static readonly string[] Nodes = ["SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"];

    public static IReadOnlyList<string> Variables { get; } = [Rank, WorldSize, LocalRank, Job, Step, .. Nodes];

    /// <summary>Null where this is no task of srun, or the only one.</summary>
    public static DistributedEnvironment? Read(VariableReader read)
    {
        // In the script that sbatch runs, before any srun, the variables are those of a rank 0 whose others nobody has started.
        bool isBatchScript = read.Text("ENVIRONMENT") is "BATCH" && !read.Has(Step);
        if (!read.Has(Rank) || isBatchScript)
            return null;
        int world = read.Number(WorldSize, 1, int.MaxValue, "the number of tasks");
        int rank = read.Number(Rank, 0, world - 1, $"the number of this task, 0 to {WorldSize} - 1");
        if (world == 1)
            return null;
        int local = read.Has(LocalRank) ? read.Number(LocalRank, 0, world - 1) : 0;
        return new DistributedEnvironment(rank, world, local, Address(read), Port(read));
    }

    private static string Address(VariableReader read)
    {
        if (read.Text(DistributedEnvironment.AddressName) is { } given)
            return given;
        string name = Nodes.FirstOrDefault(read.Has) ?? "SLURM_JOB_NODELIST";
        return NodeList.First(name, read.Required(name, "the list of nodes, unless MASTER_ADDR names the first one"));
    }

    private static int Port(VariableReader read) => read.Has(DistributedEnvironment.PortName) || !read.Has(Job)
        ? read.Number(DistributedEnvironment.PortName, 1, 65535, "a free port of rank 0's node")
        : FirstPort + (int)((read.Number(Job, 0, int.MaxValue, "the job's number") + ((long)PortsOfAJob * StepNumber(read))) % Ports);

    // A step may also be called "extern" or "interactive".
    private static int StepNumber(VariableReader read) =>
        int.TryParse(read.Text(Step), NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : 0;
}
