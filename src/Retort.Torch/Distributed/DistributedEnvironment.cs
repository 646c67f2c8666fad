using System.Globalization;

namespace Retort.Torch.Distributed;

/// <summary>
/// Which of several processes this one is, and where they meet, as whoever started them says by environment variables: torchrun and
/// Kubernetes' PyTorchJob (<c>RANK</c>, <c>WORLD_SIZE</c>, <c>LOCAL_RANK</c>, <c>MASTER_ADDR</c>, <c>MASTER_PORT</c>), or Slurm's srun
/// (<c>SLURM_PROCID</c>, <c>SLURM_NTASKS</c>, <c>SLURM_LOCALID</c>, <c>SLURM_NODELIST</c>).
/// </summary>
/// <param name="Rank">This process, 0 to <paramref name="WorldSize"/> - 1.</param>
/// <param name="WorldSize">Number of processes, at least 1.</param>
/// <param name="LocalRank">Which of the processes on this machine.</param>
/// <param name="MasterAddress">Name or address of rank 0's machine.</param>
/// <param name="MasterPort">Where it listens, 1 to 65535.</param>
public sealed record DistributedEnvironment(int Rank, int WorldSize, int LocalRank, string MasterAddress, int MasterPort)
{
    /// <summary>All variables that are read, for who starts a process that is to be alone.</summary>
    public static IReadOnlyList<string> Variables { get; } =
    [
        RankName, WorldSizeName, LocalRankName, AddressName, PortName, TimeoutName, InterfaceAddressName, AgentStoreName, RestartName, .. SlurmEnvironment.Variables,
    ];

    /// <summary>How long to wait for the others where <c>RETORT_TIMEOUT</c> says nothing: 10 minutes.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(10);

    internal const string RankName = "RANK", WorldSizeName = "WORLD_SIZE", LocalRankName = "LOCAL_RANK", AddressName = "MASTER_ADDR", PortName = "MASTER_PORT";

    /// <summary>The variable of <see cref="Timeout"/>.</summary>
    public const string TimeoutName = "RETORT_TIMEOUT";

    /// <summary>The variable of <see cref="Address"/>.</summary>
    public const string InterfaceAddressName = "RETORT_ADDRESS";

    private const string AgentStoreName = "TORCHELASTIC_USE_AGENT_STORE",
        RestartName = "TORCHELASTIC_RESTART_COUNT";

    /// <summary>How long an exchange waits for the others: <c>RETORT_TIMEOUT</c>, in seconds. Default 10 minutes.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Where the others reach this machine, <c>RETORT_ADDRESS</c>; null: as its own name resolves.</summary>
    public string? Address { get; init; }

    /// <summary>Whether rank 0 serves the store; false where torchrun's agent does.</summary>
    public bool ServesStore { get; init; } = true;

    /// <summary>How often torchrun has started the processes anew.</summary>
    public int Restarts { get; init; }

    /// <summary>Reads the environment of a process.</summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    /// <returns>Null where nothing says that there are several processes.</returns>
    /// <exception cref="RetortException">A variable is missing or has a value that cannot be; it is named, with the remedy.</exception>
    public static DistributedEnvironment? Read(Func<string, string?> variable)
    {
        var read = new VariableReader(variable);
        DistributedEnvironment? found = read.Has(RankName) || read.Has(WorldSizeName) ? OfTorchrun(read) : SlurmEnvironment.Read(read);
        return found is null ? null : found with
        {
            Timeout = read.Text(TimeoutName) is null ? DefaultTimeout : TimeSpan.FromSeconds(read.Number(TimeoutName, 1, 1_000_000)),
            Address = read.Text(InterfaceAddressName),
        };
    }

    /// <summary>The variables by which a process that is started gets to know this.</summary>
    public IReadOnlyDictionary<string, string> ToVariables() => new Dictionary<string, string>
    {
        [RankName] = Text(Rank), [WorldSizeName] = Text(WorldSize), [LocalRankName] = Text(LocalRank), [AddressName] = MasterAddress, [PortName] = Text(MasterPort),
        [TimeoutName] = Text((int)Math.Ceiling(Timeout.TotalSeconds)),
    };

    /// <summary>Meets the others.</summary>
    /// <exception cref="ProcessGroupException">Not all came in time.</exception>
    public Store OpenStore()
    {
        using Store store = Store.Tcp(MasterAddress, MasterPort, WorldSize, ServesStore && Rank == 0, Timeout);
        return store.WithPrefix($"attempt {Restarts}"); // an agent's store still has what processes wrote that failed
    }

    private static DistributedEnvironment? OfTorchrun(VariableReader read)
    {
        int world = read.Number(WorldSizeName, 1, int.MaxValue, "the number of processes");
        int rank = read.Number(RankName, 0, world - 1, $"the number of this process, 0 to {WorldSizeName} - 1");
        if (world == 1)
            return null;
        int local = read.Has(LocalRankName) ? read.Number(LocalRankName, 0, world - 1) : 0;
        string address = read.Required(AddressName, "the machine of rank 0");
        return new DistributedEnvironment(rank, world, local, address, read.Number(PortName, 1, 65535, "a free port of that machine"))
        {
            ServesStore = read.Text(AgentStoreName) is not "True",
            Restarts = read.Has(RestartName) ? read.Number(RestartName, 0, int.MaxValue) : 0,
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
