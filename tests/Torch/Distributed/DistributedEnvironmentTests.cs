using Retort.Torch.Distributed;

namespace Retort.Tests.Torch.Distributed;

public sealed class DistributedEnvironmentTests
{
    private static readonly (string, string)[] Torchrun =
        [("RANK", "3"), ("WORLD_SIZE", "8"), ("LOCAL_RANK", "1"), ("MASTER_ADDR", "node7"), ("MASTER_PORT", "29500")];

    private static readonly (string, string)[] Slurm =
        [("SLURM_PROCID", "5"), ("SLURM_NTASKS", "8"), ("SLURM_LOCALID", "1"), ("SLURM_JOB_NODELIST", "gpu[03-04,9]"), ("SLURM_JOB_ID", "1234567")];

    [Fact]
    public void A_process_that_nobody_says_anything_to_is_alone() => Assert.Null(Read([]));

    [Fact]
    public void What_torchrun_and_Kubernetes_say_is_taken() => Assert.Equal(new DistributedEnvironment(3, 8, 1, "node7", 29500), Read(Torchrun));

    [Fact]
    public void The_rank_on_the_machine_is_the_first_where_it_is_not_said() => Assert.Equal(0, Read(Torchrun, ("LOCAL_RANK", ""))!.LocalRank);

    [Fact]
    public void What_Slurm_says_is_mapped() => Assert.Equal(new DistributedEnvironment(5, 8, 1, "gpu03", 15000 + (1234567 % 17000)), Read(Slurm));

    [Fact]
    public void The_address_and_the_port_that_are_given_come_before_Slurms() =>
        Assert.Equal(new DistributedEnvironment(5, 8, 1, "head", 4000), Read(Slurm, ("MASTER_ADDR", "head"), ("MASTER_PORT", "4000")));

    [Fact]
    public void Torchruns_variables_come_before_Slurms() => Assert.Equal(3, Read([.. Slurm, .. Torchrun])!.Rank);

    [Fact]
    public void The_steps_of_a_job_meet_at_different_ports() => Assert.NotEqual(
        Read(Slurm, ("SLURM_STEP_ID", "0"))!.MasterPort, Read(Slurm, ("SLURM_STEP_ID", "1"))!.MasterPort);

    [Fact]
    public void The_only_process_of_torchrun_is_alone() => Assert.Null(Read(Torchrun, ("RANK", "0"), ("WORLD_SIZE", "1")));

    [Fact]
    public void The_only_task_of_Slurm_and_the_script_of_sbatch_are_alone()
    {
        Assert.Null(Read(Slurm, ("SLURM_NTASKS", "1"), ("SLURM_PROCID", "0")));
        Assert.Null(Read(Slurm, ("SLURM_PROCID", "0"), ("ENVIRONMENT", "BATCH")));
        Assert.NotNull(Read(Slurm, ("SLURM_PROCID", "0"), ("ENVIRONMENT", "BATCH"), ("SLURM_STEP_ID", "0")));
    }

    [Fact]
    public void The_time_out_and_the_own_address_are_read()
    {
        Assert.Equal(TimeSpan.FromMinutes(10), Read(Torchrun)!.Timeout);
        DistributedEnvironment read = Read(Torchrun, ("RETORT_TIMEOUT", "90"), ("RETORT_ADDRESS", "10.0.0.2"))!;
        Assert.Equal((TimeSpan.FromSeconds(90), "10.0.0.2"), (read.Timeout, read.Address));
    }

    [Fact]
    public void The_agent_of_torchrun_serves_the_store_itself()
    {
        Assert.True(Read(Torchrun)!.ServesStore);
        DistributedEnvironment read = Read(Torchrun, ("TORCHELASTIC_USE_AGENT_STORE", "True"), ("TORCHELASTIC_RESTART_COUNT", "2"))!;
        Assert.Equal((false, 2), (read.ServesStore, read.Restarts));
    }

    [Fact]
    public void What_is_read_can_be_handed_on()
    {
        DistributedEnvironment environment = Read(Torchrun)!;
        Assert.Equal(environment, DistributedEnvironment.Read(environment.ToVariables().GetValueOrDefault));
        Assert.All(environment.ToVariables().Keys, name => Assert.Contains(name, DistributedEnvironment.Variables));
    }

    [Theory]
    [InlineData("RANK", "8", "RANK is '8': it must be the number of this process, 0 to WORLD_SIZE - 1, from 0 to 7. Set it right, or let torchrun, srun or --nproc set it.")]
    [InlineData("RANK", "one", "RANK is 'one': it must be the number of this process, 0 to WORLD_SIZE - 1, from 0 to 7. Set it right, or let torchrun, srun or --nproc set it.")]
    [InlineData("WORLD_SIZE", "0", "WORLD_SIZE is '0': it must be the number of processes, at least 1. Set it right, or let torchrun, srun or --nproc set it.")]
    [InlineData("WORLD_SIZE", "", "WORLD_SIZE is not set: it must be the number of processes. Start all processes with torchrun, srun or --nproc, which set it.")]
    [InlineData("MASTER_ADDR", "", "MASTER_ADDR is not set: it must be the machine of rank 0. Start all processes with torchrun, srun or --nproc, which set it.")]
    [InlineData("MASTER_PORT", "70000", "MASTER_PORT is '70000': it must be a free port of that machine, from 1 to 65535. Set it right, or let torchrun, srun or --nproc set it.")]
    [InlineData("LOCAL_RANK", "-1", "LOCAL_RANK is '-1': it must be a whole number, from 0 to 7. Set it right, or let torchrun, srun or --nproc set it.")]
    [InlineData("RETORT_TIMEOUT", "soon", "RETORT_TIMEOUT is 'soon': it must be a whole number, from 1 to 1000000. Set it right, or let torchrun, srun or --nproc set it.")]
    public void What_cannot_be_is_refused_by_name(string name, string value, string message)
    {
        RetortException refusal = Assert.Throws<RetortException>(() => Read(Torchrun, (name, value)));
        Assert.Equal((message, true), (refusal.Message, refusal.WrongUse));
    }

    [Theory]
    [InlineData("node1", "node1")]
    [InlineData("node1,node2", "node1")]
    [InlineData("gpu[003-017,021],login1", "gpu003")]
    [InlineData("gpu[7]", "gpu7")]
    [InlineData("rack[2-3]n[10,12]-ib", "rack2n10-ib")]
    [InlineData("a-b-1,c[1-2]", "a-b-1")]
    public void The_first_of_Slurms_nodes_is_found(string list, string first) => Assert.Equal(first, NodeList.First("SLURM_NODELIST", list));

    [Theory]
    [InlineData("gpu[3-")]
    [InlineData("gpu[]")]
    [InlineData("gpu[a-b]")]
    [InlineData(",gpu1")]
    [InlineData("gpu]1")]
    public void What_is_no_list_of_nodes_is_refused(string list) => Assert.Equal(
        $"SLURM_NODELIST is '{list}': it must be a list of nodes, as gpu[003-017,021]. Name the first node in MASTER_ADDR instead.",
        Assert.Throws<RetortException>(() => NodeList.First("SLURM_NODELIST", list)).Message);

    private static DistributedEnvironment? Read((string Name, string Value)[] variables, params (string Name, string Value)[] more)
    {
        Dictionary<string, string> all = variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        foreach ((string name, string value) in more)
            all[name] = value;
        return DistributedEnvironment.Read(all.GetValueOrDefault);
    }
}
