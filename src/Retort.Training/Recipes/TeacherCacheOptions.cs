using System.ComponentModel.DataAnnotations;
using Retort.Distillation.Options;

namespace Retort.Training.Recipes;

/// <summary>What the teacher says of the training images is kept on disk, for later epochs and other runs; results stay the same.</summary>
[OptionShorthand("enabled")]
public sealed record TeacherCacheOptions
{
    /// <summary>Whether it is kept. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Most space that the folder may take, in GB, above 0. What has no room is computed anew. Default 10.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double MaxGb { get; init; } = 10;

    /// <summary>The folder; runs may share it, also at the same time. Default: <c>teacher-cache</c> beside the run's folder.</summary>
    [MinLength(1)]
    public string? Folder { get; init; }
}
