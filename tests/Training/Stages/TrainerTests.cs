using Retort.Tests.Torch;
using Retort.Tests.Training.Runs;
using Retort.Tests.Training.Support;
using Retort.Torch;
using Retort.Training;
using Retort.Training.Checkpoints;
using Retort.Training.Progress;
using Retort.Training.Recipes;
using Retort.Training.Runs;
using Retort.Training.Stages;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Stages;

public sealed class TrainerTests : InTemporaryFolder
{
    private static readonly TrainOptions Options = TinyRun.Train with { Epochs = 2 };

    [Fact]
    public void A_stage_learns()
    {
        using var stage = new TinyStage(Options with { Epochs = 8 });
        var observer = new RecordingObserver();
        StageResult result = TinyStage.Trainer(observer: observer).Train(stage);

        Assert.True(observer.Epochs[^1].Loss < 0.8 * observer.Epochs[0].Loss, $"{observer.Epochs[0].Loss} to {observer.Epochs[^1].Loss}");
        Assert.True(observer.Epochs[^1].TrainAccuracy > observer.Epochs[0].TrainAccuracy);
        Assert.Equal(observer.Epochs[^1].TestAccuracy, result.LastAccuracy);
        Assert.Equal(observer.Epochs.Max(e => e.TestAccuracy), result.BestAccuracy);
        Assert.Equal(result.BestAccuracy, observer.Epochs[result.BestEpoch - 1].TestAccuracy);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], observer.Epochs.Select(e => e.Epoch));
        Assert.Equal(new StageStarted("student", "resnet8", 8, 1, 5, 8), observer.Stages.Single());
    }

    [Fact]
    public void The_mean_losses_of_an_epoch_are_weighted_by_images()
    {
        using var stage = new TinyStage(Options with { Epochs = 1, Optimizer = new SgdOptions { Lr = 1e-12, Momentum = 0, WeightDecay = 0 } });
        var observer = new RecordingObserver();
        TinyStage.Trainer(images: 12, observer).Train(stage); // a batch of 8 and one of 4

        EpochResult epoch = Assert.Single(observer.Epochs);
        Assert.Equal(epoch.Loss, epoch.Terms["ce"], 12);
        Assert.Equal((double)Math.Round((double)epoch.TrainAccuracy! * 12), (double)epoch.TrainAccuracy * 12, 9);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void A_batch_that_is_computed_in_parts_makes_the_steps_of_the_whole(int parts)
    {
        using TinyStage whole = new(Options), cut = new(Options with { Accumulate = parts });
        (RecordingObserver expected, RecordingObserver observer) = (new(), new());
        TinyStage.Trainer(images: 20, expected).Train(new UnmovedStage(whole)); // the last batch has 4
        TinyStage.Trainer(images: 20, observer, parts).Train(new UnmovedStage(cut));

        Assert.Equal(3, observer.Stages.Single().StepsPerEpoch);
        foreach (((string name, Tensor one), (_, Tensor other)) in whole.Network.NamedParameters().Zip(cut.Network.NamedParameters()))
            TensorAssert.Close(one, other, 1e-5, name);
        foreach ((EpochResult one, EpochResult other) in expected.Epochs.Zip(observer.Epochs))
        {
            Assert.Equal(one.Loss, other.Loss, 1e-4);
            Assert.Equal(one.TrainAccuracy, other.TrainAccuracy);
        }
    }

    [Fact]
    public void Parts_that_are_no_full_batch_are_left_out_with_it()
    {
        using var stage = new TinyStage(Options with { Accumulate = 2, DropLast = true });
        int parts = 0;
        stage.OnStep = () => parts++;
        TinyStage.Trainer(images: 21, parts: 2, dropLast: true).Train(stage);
        Assert.Equal(2 * 2 * 2, parts); // 2 epochs of 2 batches in 2 parts
    }

    [Fact]
    public void Epochs_between_evaluations_have_no_test_accuracy_and_the_last_one_always_has()
    {
        using var stage = new TinyStage(Options with { Epochs = 4, EvalEvery = 3 });
        var observer = new RecordingObserver();
        TinyStage.Trainer(images: 8, observer).Train(stage);

        Assert.Equal([false, false, true, true], observer.Epochs.Select(e => e.TestAccuracy is not null));
    }

    [Fact]
    public void The_learning_rate_follows_the_schedule()
    {
        using var stage = new TinyStage(Options with { Epochs = 3, Schedule = new MultiStepScheduleOptions { Milestones = [1, 2], Gamma = 0.1 } });
        var observer = new RecordingObserver();
        TinyStage.Trainer(images: 8, observer).Train(stage);

        double[] rates = [.. observer.Epochs.Select(e => e.LearningRate)];
        Assert.Equal(0.05, rates[0], 12);
        Assert.Equal(0.005, rates[1], 12);
        Assert.Equal(0.0005, rates[2], 12);
    }

    [Fact]
    public void A_step_leaves_as_many_tensors_as_it_found()
    {
        using var stage = new TinyStage(Options with { Epochs = 2, Ema = 0.9, ClipGradNorm = 1 });
        List<long> live = [];
        stage.OnStep = () => live.Add(TorchRuntime.LiveTensors);
        TinyStage.Trainer(images: 240).Train(stage);

        const int prefetched = 3 * 5; // tensors of the batches that wait or are being made
        Assert.Equal(60, live.Count);
        long[] settled = [.. live.Skip(5)]; // after the optimiser has made its state
        Assert.InRange(settled.Max() - settled.Min(), 0, prefetched);
    }

    [Fact]
    public void Averaged_weights_are_evaluated_and_kept_while_training_goes_on_with_its_own()
    {
        using var averaged = new TinyStage(Options with { Ema = 0.9 });
        using var plain = new TinyStage(Options);
        var (withAverage, without) = (new RecordingObserver(), new RecordingObserver());
        TinyStage.Trainer(observer: withAverage).Train(averaged);
        TinyStage.Trainer(observer: without).Train(plain);

        Assert.Equal(without.Epochs.Select(e => e.Loss), withAverage.Epochs.Select(e => e.Loss)); // the same weights were trained
        using Tensor one = plain.Network.Classifier!.Weight.Detach(), other = averaged.Network.Classifier!.Weight.Detach();
        Assert.False(one.Equal(other)); // but the averaged ones were kept
    }

    [Fact]
    public void Cancelled_in_the_midst_of_a_step_that_has_parts_ends_it_first_and_goes_on_to_the_same_bits()
    {
        TrainOptions options = Options with { Accumulate = 2 };
        using var whole = new TinyStage(options);
        Train(whole, In("whole"), new RecordingObserver(), default, parts: 2);

        using (var stopped = new TinyStage(options))
        using (var cancel = new CancellationTokenSource())
        {
            int parts = 0;
            stopped.OnStep = () =>
            {
                if (++parts == 3) // the first part of the second step
                    cancel.Cancel();
            };
            Assert.ThrowsAny<OperationCanceledException>(() => Train(stopped, In("stopped"), new RecordingObserver(), cancel.Token, parts: 2));
            Assert.Equal(4, parts);
        }

        using var resumed = new TinyStage(options, seed: 99);
        Train(resumed, In("stopped"), new RecordingObserver(), default, parts: 2);
        foreach (var ((name, expected), (_, actual)) in whole.Network.State().Zip(resumed.Network.State()))
            TensorAssert.Same(expected, actual, name);
    }

    [Theory]
    [InlineData(0, 1, 40)]
    [InlineData(0.9, 1, 40)]
    [InlineData(0, 2, 36)] // the last step has one part instead of two
    public void Cancelled_in_an_evaluation_and_resumed_gives_the_bits_of_an_uninterrupted_run(double ema, int parts, int images)
    {
        TrainOptions options = Options with { Ema = ema, Accumulate = parts };
        using var whole = new TinyStage(options);
        var uninterrupted = new RecordingObserver();
        Train(whole, In("whole"), uninterrupted, default, parts, images);

        var observer = new RecordingObserver();
        using (var stopped = new TinyStage(options))
        using (var cancel = new CancellationTokenSource())
        {
            int shown = 0, all = 2 * ((images + (8 / parts) - 1) / (8 / parts));
            stopped.OnStep = () => shown++;
            stopped.OnEvaluated = () =>
            {
                if (shown == all)
                    cancel.Cancel();
            };
            Assert.ThrowsAny<OperationCanceledException>(() => Train(stopped, In("stopped"), observer, cancel.Token, parts, images));
            Assert.Equal(all, shown);
        }

        using var resumed = new TinyStage(options, seed: 99);
        resumed.OnStep = () => Assert.Fail("All steps were made.");
        Train(resumed, In("stopped"), observer, default, parts, images);

        foreach (var ((name, expected), (_, actual)) in whole.Network.State().Zip(resumed.Network.State()))
            TensorAssert.Same(expected, actual, name);
        Assert.Equal(uninterrupted.Epochs.Select(Figures), observer.Epochs.Select(Figures));
    }

    [Fact]
    public void A_checkpoint_of_another_version_or_without_its_random_state_is_refused()
    {
        using var stage = new TinyStage(Options);
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(
            () => Train(stage, In("run"), new RecordingObserver { OnEpoch = _ => cancel.Cancel() }, cancel.Token));
        string last = In("run", "checkpoints", "last");

        File.Delete(Path.Combine(last, "random.safetensors"));
        Assert.Contains("random.safetensors is missing", Refusal());
        string state = File.ReadAllText(Path.Combine(last, "state.json"));
        File.WriteAllText(Path.Combine(last, "state.json"), state.Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal));
        Assert.Contains("it has format 2, this version of Retort reads 1; delete this folder ", Refusal());
        File.WriteAllText(Path.Combine(last, "state.json"), "{");
        Assert.Contains("state.json: the file is damaged (", Refusal());
        File.Delete(Path.Combine(last, "state.json"));
        Assert.Contains("there is no state.json, so this is no checkpoint", Refusal());

        string Refusal() => Assert.ThrowsAny<RetortException>(() => Train(stage, In("run"), new RecordingObserver(), default)).Message;
    }

    [Fact]
    public void Weights_that_an_epochs_last_step_spoiled_are_not_saved()
    {
        // No recipe may have such a rate, with which one step is enough.
        using var stage = new TinyStage(Options with { Optimizer = new SgdOptions { Lr = 1e30, WeightDecay = 1e30 } });
        NonFiniteLossException fault = Assert.Throws<NonFiniteLossException>(() => Train(stage, In("run"), new RecordingObserver(), default, images: 8));
        Assert.StartsWith("The weights of the stage \"student\" became NaN in epoch 1, step 1. ", fault.Message, StringComparison.Ordinal);
        Assert.Null(fault.Term);
        Assert.False(Directory.Exists(In("run", "checkpoints")));
    }

    private static string Figures(EpochResult epoch) => $"{epoch.Epoch} {epoch.Loss:R} {epoch.TrainAccuracy:R} {epoch.TestAccuracy:R} {epoch.LearningRate:R}";

    private static void Train(TinyStage stage, string path, ITrainingObserver observer, CancellationToken cancel, int parts = 1, int images = 40)
    {
        using RunFolder folder = RunFolder.Open(path, ExistingRun.Resume, TimeProvider.System);
        ImageDataset data = TinyStage.Images(DatasetSplit.Training, images);
        var card = new NetworkCard { Model = "resnet8", Classes = data.Classes, Normalization = TinyStage.Normalization, ImageSize = 32 };
        new Trainer(
            BatchLoader.ForTraining(data, 8 / parts, TinyStage.Normalization, null, seed: 3), TinyStage.Evaluator(), Compute.Plain, observer,
            new CheckpointStore(folder, card)).Train(stage, cancel);
    }
}
