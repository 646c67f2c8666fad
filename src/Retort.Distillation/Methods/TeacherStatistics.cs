namespace Retort.Distillation.Methods;

/// <summary>What a teacher's batch norms normalise by.</summary>
public enum TeacherStatistics
{
    /// <summary>The running statistics, as in evaluation.</summary>
    Running,

    /// <summary>Each batch's, as in training. Its outputs then hang on the whole batch, and cannot be kept by <c>teacher.cache</c>.</summary>
    Batch,
}
