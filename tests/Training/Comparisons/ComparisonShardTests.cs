using Retort.Tests.Training.Support;
using Retort.Training.Comparisons;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Comparisons;

public sealed class ComparisonShardTests
{
    [Fact]
    public void Every_run_is_one_shards_and_a_variants_runs_are_several_shards()
    {
        Recipe kd = TinyRun.Distilled with { Distill = [new("ce", 0.1), new("kd", 0.9)] };
        var grid = ComparisonGrid.Of(new ComparisonRecipe("c", [new("kd", kd)], [0, 1]), "out", threads: 1);
        ComparisonShard[] shards = [new(1, 2), new(2, 2)];
        Assert.Equal(grid.Cells.Select(cell => cell.Name).Order(), shards.SelectMany(shard => shard.Of(grid)).Select(cell => cell.Name).Order());
        Assert.All(shards, shard => Assert.InRange(shard.Of(grid).Count(), 2, 3));
        Assert.All(shards, shard => Assert.Single(shard.Of(grid), cell => cell.Teacher is not null));
    }

    [Theory]
    [InlineData("1/1")]
    [InlineData("3/8")]
    public void A_shard_is_read(string text) => Assert.Equal(text, ComparisonShard.Parse(text)!.ToString());

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("1")]
    [InlineData("1/x")]
    [InlineData("-1/2")]
    public void What_is_no_shard_is_not_read(string text) => Assert.Null(ComparisonShard.Parse(text));

    [Theory]
    [InlineData("1/1")]
    [InlineData("3/8", "RANK=2", "WORLD_SIZE=8")] // no address is needed
    [InlineData("6/8", "SLURM_PROCID=5", "SLURM_NTASKS=8", "SLURM_JOB_ID=7")]
    [InlineData("3/8", "SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=8")]
    [InlineData("8/8", "SLURM_ARRAY_TASK_ID=14", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_STEP=2", "SLURM_ARRAY_TASK_COUNT=8")]
    // The script of a task of an array, and srun in it.
    [InlineData("2/4", "SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_PROCID=0", "SLURM_NTASKS=2", "ENVIRONMENT=BATCH")]
    [InlineData("4/8", "SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_PROCID=1", "SLURM_NTASKS=2", "SLURM_STEP_ID=0")]
    public void What_a_process_is_started_as_says_which_shard_it_is(string shard, params string[] variables) =>
        Assert.Equal(shard, Read(variables).ToString());

    [Fact]
    public void The_rank_on_the_machine_is_taken() =>
        Assert.Equal(new ComparisonShard(6, 8) { LocalRank = 1 }, Read("RANK=5", "WORLD_SIZE=8", "LOCAL_RANK=1"));

    [Theory]
    [InlineData(
        "SLURM_ARRAY_TASK_ID is 7, but the array has 3 tasks from 1 on: let it be a range, as --array=1-3, or say which shard this is, as --shard 1/3.",
        "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=3")]
    [InlineData(
        "SLURM_ARRAY_TASK_ID is '': it must be a whole number, at least 0. Set it right, or say which shard this is, as --shard 2/8.", "SLURM_ARRAY_TASK_COUNT=3")]
    [InlineData(
        "RANK is '8': it must be the number of this process, 0 to WORLD_SIZE - 1, from 0 to 7. Set it right, or let torchrun, srun or --nproc set it.",
        "RANK=8", "WORLD_SIZE=8")]
    public void What_cannot_be_is_refused_by_name(string message, params string[] variables)
    {
        RetortException refusal = Assert.Throws<RetortException>(() => Read(variables));
        Assert.Equal((message, true), (refusal.Message, refusal.WrongUse));
    }

    private static ComparisonShard Read(params string[] variables)
    {
        Dictionary<string, string> all = variables.Select(variable => variable.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return ComparisonShard.Read(all.GetValueOrDefault);
    }
}
