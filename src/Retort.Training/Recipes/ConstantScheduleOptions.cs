namespace Retort.Training.Recipes;

/// <summary>The learning rate stays as it is.</summary>
public sealed record ConstantScheduleOptions : ScheduleOptions;
