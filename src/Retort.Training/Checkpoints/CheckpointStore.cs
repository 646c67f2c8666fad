using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Serialization;
using Retort.Training.Runs;
using Retort.Training.Stages;

namespace Retort.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run: <c>last/</c> holds all that is needed to go on, <c>best/</c> the weights of the best epoch, and a finished
/// stage its final weights in a folder of its own name. Each folder is replaced as a whole.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="card">Describes the networks; its model is replaced by the stage's.</param>
public sealed class CheckpointStore(RunFolder folder, NetworkCard card)
{
    private const string Last = "last", Best = "best", StateFile = "state.json", OptimizerFile = "optimizer", AverageFile = "average",
        RandomFile = "random";

    /// <summary>Brings a session to where <c>last/</c> stands, if that is this stage.</summary>
    /// <returns>Whether there was anything to resume.</returns>
    public bool Resume(StageSession session)
    {
        string path = folder.Checkpoint(Last);
        if (AtomicFolder.Find(path) is not { } last || ReadState(last) is not { } state || state.Stage != session.Stage.Name)
            return false;
        foreach ((string name, Module module) in session.Stage.Learners)
            Load(last, name, module.LoadState);
        Load(last, OptimizerFile, session.Optimizer.LoadState);
        if (session.Average is { } average)
            Load(last, AverageFile, average.LoadState);
        Load(last, RandomFile, tensors => Generator.Default.SetState(tensors.GetValueOrDefault(RandomFile)
            ?? throw new CheckpointException(last, $"{RandomFile}.safetensors is missing, so the run cannot go on as it was; begin it anew with --overwrite.")));
        session.Progress = state.Progress;
        return true;
    }

    /// <summary>Whether a stage was finished; its weights are then loaded by <see cref="LoadFinished"/>.</summary>
    /// <returns>What it reached; null when it was not finished.</returns>
    public StageResult? Finished(string stage) =>
        AtomicFolder.Find(folder.Checkpoint(stage)) is { } path ? ReadState(path)?.Progress.Result() : null;

    /// <summary>Loads the final weights of a finished stage into its modules.</summary>
    public void LoadFinished(TrainingStage stage)
    {
        string path = AtomicFolder.Find(folder.Checkpoint(stage.Name))!;
        foreach ((string name, Module module) in stage.Learners)
            Load(path, name, module.LoadState);
    }

    /// <summary>Saves everything needed to go on.</summary>
    public void SaveLast(StageSession session) => AtomicFolder.Write(folder.Checkpoint(Last), path =>
    {
        using var scope = new TensorScope(); // the handles that State() gives
        WriteWeights(path, session);
        Write(path, OptimizerFile, session.Optimizer.State());
        if (session.Average is { } average)
            Write(path, AverageFile, average.State());
        Write(path, RandomFile, new Dictionary<string, Tensor> { [RandomFile] = Generator.Default.GetState() });
    });

    /// <summary>Saves the weights of an epoch that is the best so far, averaged where they are averaged.</summary>
    public void SaveBest(StageSession session) => session.WithAverage(() =>
    {
        AtomicFolder.Write(folder.Checkpoint(Best), path => WriteWeights(path, session));
        return true;
    });

    /// <summary>Saves the final weights of a stage.</summary>
    public void Finish(StageSession session) =>
        AtomicFolder.Write(folder.Checkpoint(session.Stage.Name), path => WriteWeights(path, session));

    /// <summary>Path of a finished stage's network.</summary>
    public string NetworkFile(string stage) => Path.Combine(folder.Checkpoint(stage), "network.safetensors");

    private void WriteWeights(string path, StageSession session)
    {
        IReadOnlyDictionary<string, string> metadata = (card with { Model = session.Stage.NetworkName, Accuracy = session.Progress.LastAccuracy })
            .ToMetadata().Concat(session.Stage.Metadata).ToDictionary();
        foreach ((string name, Module module) in session.Stage.Learners)
        {
            var state = module.State().ToDictionary(t => t.Key, t => t.Value);
            if (state.Count > 0)
                Write(path, name, state, metadata);
        }

        var content = new CheckpointState { Stage = session.Stage.Name, Progress = session.Progress };
        File.WriteAllBytes(
            Path.Combine(path, StateFile), JsonSerializer.SerializeToUtf8Bytes(content, CheckpointJson.Default.CheckpointState));
    }

    // By a stream of our own: a full disk is then seen as such, and told with the run's folder and the remedy.
    private static void Write(
        string path, string name, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using FileStream stream = File.Create(Path.Combine(path, name + ".safetensors"), bufferSize: 1);
        Safetensors.Write(stream, tensors, metadata);
    }

    private static void Load(string path, string name, Action<IReadOnlyDictionary<string, Tensor>> load)
    {
        string file = Path.Combine(path, name + ".safetensors");
        if (!File.Exists(file))
        {
            load(new Dictionary<string, Tensor>());
            return;
        }

        using SavedState saved = Safetensors.Read(file);
        load(saved.Tensors);
    }

    private static CheckpointState? ReadState(string path)
    {
        string file = Path.Combine(path, StateFile);
        if (!File.Exists(file))
            throw new CheckpointException(path, $"there is no {StateFile}, so this is no checkpoint; begin the run anew with --overwrite.");
        CheckpointState? state;
        try
        {
            state = JsonSerializer.Deserialize(File.ReadAllBytes(file), CheckpointJson.Default.CheckpointState);
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, $"the file is damaged ({e.Message}); begin the run anew with --overwrite.", e);
        }

        if (state?.Version != CheckpointState.Current)
        {
            throw new CheckpointException(
                file, $"it has format {state?.Version}, this version of Retort reads {CheckpointState.Current}; begin the run anew with --overwrite.");
        }

        return state;
    }
}
