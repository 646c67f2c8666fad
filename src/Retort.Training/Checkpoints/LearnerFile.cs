using Retort.Distillation;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;

namespace Retort.Training.Checkpoints;

/// <summary>
/// What a method trained for a teacher before the student's stage, such as a paraphraser: saved with the teacher's hash, so that it
/// can be used for other students of that teacher and of no other.
/// </summary>
internal static class LearnerFile
{
    private const string TeacherKey = "retort.teacher_sha256", FileName = "learner.safetensors";

    /// <summary>What the header of the file says of the teacher.</summary>
    public static IReadOnlyDictionary<string, string> MetadataOf(Network teacher) =>
        new Dictionary<string, string> { [TeacherKey] = WeightsHash.Of(teacher) };

    /// <summary>Loads a stage's learner from the file that the method's options name.</summary>
    /// <param name="stage">A stage with a checkpoint.</param>
    /// <param name="teacher">The trained teacher that it must have been trained for; null while there is none, and it is not compared.</param>
    /// <returns>Whether the file says that it was trained for this teacher; a file of another program does not.</returns>
    /// <exception cref="CheckpointException">The file cannot be read, does not fit the learner, or is another teacher's.</exception>
    public static bool Load(MethodStage stage, Network? teacher)
    {
        string path = stage.Checkpoint!;
        using SavedState saved = StateDictReader.Read(Directory.Exists(path) ? Path.Combine(path, FileName) : path);
        bool isTold = saved.Metadata.TryGetValue(TeacherKey, out string? trainedFor);
        if (isTold && teacher is not null && trainedFor != WeightsHash.Of(teacher))
        {
            throw new CheckpointException(
                path, $"{stage.Name} in it was trained for a teacher with other weights. Name one of this teacher, or leave the option out to train it.");
        }

        try
        {
            stage.Learner.LoadState(saved.Tensors);
        }
        catch (StateDictException e)
        {
            throw new CheckpointException(
                path, $"the weights in it are not those of {stage.Name} with the options and the teacher of this recipe. {e.Message}", e);
        }

        return isTold;
    }
}
