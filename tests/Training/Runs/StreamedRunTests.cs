using Retort.Tests.Support;
using Retort.Tests.Training.Support;
using Retort.Training.Recipes;
using Retort.Vision.Datasets;

namespace Retort.Tests.Training.Runs;

/// <summary>A run does not depend on whether its images are in memory or in their files.</summary>
public sealed class StreamedRunTests : InTemporaryFolder
{
    private readonly FolderDataOptions _held;
    private readonly FolderDataOptions _streamed;

    public StreamedRunTests()
    {
        for (int k = 0; k < 28; k++)
        {
            string folder = Directory.CreateDirectory(In("images", k < 24 ? "train" : "test", $"class{k % 2}")).FullName;
            File.WriteAllBytes(Path.Combine(folder, $"{k:d2}.png"), PngFile.Flat(30 + k, 40, (byte)(9 * k), (byte)(255 - k)));
        }

        _held = new() { Path = In("images"), Size = 32, DevSplit = 0.25 };
        _streamed = _held with { MemoryMib = 0, DecodeThreads = 2 };
    }

    [Fact]
    public void A_run_of_streamed_images_that_is_resumed_on_other_threads_is_that_of_images_in_memory()
    {
        var held = new RecordingObserver();
        TinyRun.Do(Alone(_held), In("held"), held);
        Assert.DoesNotContain(held.Notices, notice => notice.Contains("are streamed", StringComparison.Ordinal));

        TinyRun.DoCancelled(Alone(_streamed), In("streamed"), cancel => new RecordingObserver { OnEpoch = _ => cancel.Cancel() });
        var streamed = new RecordingObserver();
        TinyRun.Do(Alone(_streamed with { DecodeThreads = 1 }), In("streamed"), streamed);
        TinyRun.AssertSame(In("held"), In("streamed"));
        Assert.StartsWith(
            "The training images are streamed, decoding threads: 1: in memory they would take ",
            streamed.Notices.Find(notice => notice.Contains("are streamed", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_image_stops_the_run_with_a_checkpoint_from_which_it_goes_on_when_the_image_is_replaced()
    {
        var normalized = _streamed with { Normalization = new() { Preset = "cifar10" } }; // else all are decoded before the first epoch
        TinyRun.Do(Alone(normalized), In("whole"));

        string image = In("images", "train", "class0", "00.png");
        byte[] good = File.ReadAllBytes(image);
        var observer = new RecordingObserver { OnEpoch = epoch => File.WriteAllBytes(image, epoch.Epoch == 1 ? good[..^20] : good) };
        string message = Assert.Throws<DataException>(() => TinyRun.Do(Alone(normalized), In("stopped"), observer)).Message;
        Assert.Contains($"image '{image}' cannot be read (", message, StringComparison.Ordinal);

        File.WriteAllBytes(image, good);
        var resumed = new RecordingObserver();
        TinyRun.Do(Alone(normalized), In("stopped"), resumed);
        Assert.Contains(resumed.Notices, notice => notice.StartsWith("student goes on in epoch 2, ", StringComparison.Ordinal));
        TinyRun.AssertSame(In("whole"), In("stopped"));
    }

    [Fact]
    public void Without_a_normalization_a_damaged_image_is_found_before_the_first_step()
    {
        string image = In("images", "train", "class0", "00.png");
        File.WriteAllBytes(image, File.ReadAllBytes(image)[..^20]);
        var observer = new RecordingObserver();
        Assert.Throws<DataException>(() => TinyRun.Do(Alone(_streamed), In("run"), observer));
        Assert.Empty(observer.Stages);
    }

    private static Recipe Alone(DataOptions data) => TinyRun.Alone with { Data = data, Train = TinyRun.Train with { Batch = 4 } };
}
