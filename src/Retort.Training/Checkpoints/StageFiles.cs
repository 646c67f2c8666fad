using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Serialization;
using Retort.Training.Stages;

namespace Retort.Training.Checkpoints;

/// <summary>What of a stage goes into a checkpoint's folder, and comes back.</summary>
/// <param name="card">Describes the networks; its model is replaced by the stage's.</param>
internal sealed class StageFiles(NetworkCard card)
{
    private const string OptimizerFile = "optimizer", AverageFile = "average", RandomFile = "random";

    /// <summary>Writes all that is needed to go on.</summary>
    public void WriteAll(string path, StageSession session)
    {
        using var scope = new TensorScope(); // the handles that State() gives
        CheckpointFolder.Write(path, OptimizerFile, session.Optimizer.State());
        if (session.Average is { } average)
            CheckpointFolder.Write(path, AverageFile, average.State());
        CheckpointFolder.Write(path, RandomFile, new Dictionary<string, Tensor> { [RandomFile] = Generator.Default.GetState() });
        WriteWeights(path, session, accuracy: null); // of other weights, where they are averaged, and from within an epoch
    }

    /// <summary>Writes the weights of all that trains, as they were evaluated last.</summary>
    public void WriteWeights(string path, StageSession session) => WriteWeights(path, session, session.Progress.LastAccuracy);

    private void WriteWeights(string path, StageSession session, double? accuracy)
    {
        IReadOnlyDictionary<string, string> metadata = (card with { Model = session.Stage.NetworkName, Accuracy = accuracy })
            .ToMetadata().Concat(session.Stage.Metadata).ToDictionary();
        foreach ((string name, Module module) in session.Stage.Learners)
        {
            var state = module.State().ToDictionary(t => t.Key, t => t.Value);
            if (state.Count > 0)
                CheckpointFolder.Write(path, name, state, metadata);
        }

        CheckpointFolder.WriteState(path, new CheckpointState { Stage = session.Stage.Name, Progress = session.Progress });
    }

    /// <summary>Brings a session to where a checkpoint stands.</summary>
    /// <exception cref="CheckpointException">A file is missing, damaged or changed; the session is then to be loaded from another checkpoint.</exception>
    public static void Load(string path, StageSession session)
    {
        CheckpointState state = CheckpointFolder.ReadState(path);
        CheckpointFolder.RequireWhole(path, state);
        LoadWeights(path, session.Stage);
        CheckpointFolder.Load(path, OptimizerFile, session.Optimizer.LoadState);
        if (session.Average is { } average)
            CheckpointFolder.Load(path, AverageFile, average.LoadState);
        CheckpointFolder.LoadOne(path, RandomFile, Generator.Default.SetState);
        session.Progress = state.Progress;
    }

    /// <summary>Loads the weights of all that trains.</summary>
    public static void LoadWeights(string path, TrainingStage stage)
    {
        foreach ((string name, Module module) in stage.Learners)
            CheckpointFolder.Load(path, name, module.LoadState);
    }
}
