using System.Text.Json;
using Retort.Torch.Schedules;

namespace Retort.Tests.Torch.Schedules;

public class ScheduleTests
{
    private static readonly JsonElement Cases = Golden.Read("schedules");

    private static readonly Dictionary<string, Schedule> Schedules = new()
    {
        ["step"] = new StepSchedule(3, 0.5),
        ["multi-step"] = new MultiStepSchedule([12, 4, 7], 0.2),
        ["cosine"] = new CosineSchedule(13, 0.05),
        ["linear"] = new LinearSchedule(6, 0.8, 0.1),
        ["constant"] = new ConstantSchedule(0.3),
        ["warm-up"] = new WarmupSchedule(new MultiStepSchedule([6, 9]), 3, 0.1),
        ["chained"] = new ChainedSchedule(
            new(new LinearSchedule(4, 0.25, 1), 4), new(new StepSchedule(2, 0.5), 6), new(new ConstantSchedule(0.01))),
    };

    public static TheoryData<string> Names => [.. Schedules.Keys];

    [Fact]
    public void Every_case_is_tested() => Assert.Equal(Cases.EnumerateObject().Select(p => p.Name).Order(), Schedules.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Factors_at_the_start_of_each_epoch_are_those_of_PyTorch(string name)
    {
        JsonElement factors = Cases.GetProperty(name);
        for (int epoch = 0; epoch < factors.GetArrayLength(); epoch++)
            Assert.Equal(factors[epoch].GetDouble(), Schedules[name].At(epoch), 1e-9);
    }

    [Fact]
    public void The_rate_of_the_151st_epoch_is_the_first_one_behind_milestone_150()
    {
        var schedule = new MultiStepSchedule([150, 180, 210]);
        Assert.Equal(1, schedule.At(149));
        Assert.Equal(1, schedule.At(149.99));
        Assert.Equal(0.1, schedule.At(150));
        Assert.Equal(0.1, schedule.At(150.5));
        Assert.Equal(0.001, schedule.At(239), 1e-12);
    }

    [Fact]
    public void Steps_may_be_fractions_of_an_epoch()
    {
        var schedule = new StepSchedule(2.4, 0.97);
        Assert.Equal(1, schedule.At(2.39));
        Assert.Equal(0.97, schedule.At(2.4));
        Assert.Equal(Math.Pow(0.97, 3), schedule.At(7 + 0.2)); // 7.2 / 2.4 is not exactly 3
    }

    [Fact]
    public void Smooth_schedules_move_within_an_epoch_and_stay_where_they_end()
    {
        Assert.Equal(0.5, new CosineSchedule(1).At(0.5), 1e-12);
        Assert.Equal(0.25, new CosineSchedule(2, 0.25).At(100), 1e-12);
        Assert.Equal(0.75, new LinearSchedule(2).At(0.5), 1e-12);
        Assert.Equal(0.55, new WarmupSchedule(new ConstantSchedule(), 3, 0.1).At(1.5), 1e-12);
    }

    [Fact]
    public void Schedules_of_the_same_numbers_are_equal()
    {
        Assert.Equal(new MultiStepSchedule([1, 2]), new MultiStepSchedule([2, 1]));
        Assert.NotEqual<Schedule>(new MultiStepSchedule([1, 2]), new MultiStepSchedule([1, 3]));
        Assert.Equal(
            new ChainedSchedule(new(new ConstantSchedule(), 3), new(new StepSchedule(2))),
            new ChainedSchedule(new(new ConstantSchedule(), 3), new(new StepSchedule(2))));
        Assert.Equal(new CosineSchedule(3) with { Final = 0.1 }, new CosineSchedule(3, 0.1));
    }

    [Fact]
    public void Impossible_lengths_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepSchedule(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearSchedule(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WarmupSchedule(new ConstantSchedule(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MultiStepSchedule([3, -1]));
        Assert.Throws<ArgumentException>(() => new ChainedSchedule());
    }
}
