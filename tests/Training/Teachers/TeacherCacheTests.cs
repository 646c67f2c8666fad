using Retort.Tests.Torch;
using Retort.Tests.Training.Runs;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Teachers;

namespace Retort.Tests.Training.Teachers;

public sealed class TeacherCacheTests : InTemporaryFolder
{
    private const int Samples = 10;
    private const string Tap = "stage1";

    private static readonly HashSet<string> Taps = [Tap];

    private readonly List<string> _notices = [];
    private int _runs;

    [Fact]
    public void What_was_said_of_an_image_is_found_again_bit_for_bit()
    {
        using var scope = new TensorScope();
        Tensor images = Images(4), numbers = Numbers(7, 0, 3, 9);
        using (TeacherCache cache = Open())
        {
            Ask(cache, images, numbers, epoch: 1);
            Same(Teach(images), Ask(cache, images, numbers, epoch: 1), images);
            Assert.Equal((8, 4), (cache.Asked, cache.Found));
        }

        using TeacherCache another = Open();
        // In another order and company: records are of samples, not of batches.
        Tensor part = Aten.Cat([images.Narrow(0, 2, 1), images.Narrow(0, 0, 1)], 0);
        Same(Teach(part), Ask(another, part, Numbers(3, 7), epoch: 1), part);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public void Logits_that_are_not_wanted_are_neither_kept_nor_looked_for()
    {
        using var scope = new TensorScope();
        using TeacherCache cache = Open();
        Tensor images = Images(2), numbers = Numbers(0, 1);
        for (int i = 0; i < 2; i++)
        {
            NetworkOutput said = cache.Recall(images, Taps, logits: false, numbers, epoch: 1, () => new NetworkOutput(null, Teach(images).Taps));
            TensorAssert.Same(Teach(images)[Tap], said[Tap], Tap);
            Assert.False(said.HasLogits);
        }

        Assert.Equal(2, cache.Found);
        Assert.StartsWith(Tap, Path.GetFileName(Assert.Single(Files())));
        for (int i = 0; i < 2; i++)
            Same(Teach(images), Ask(cache, images, numbers, epoch: 1), images); // a method that wants them comes later
        Assert.Equal((4, 1), (cache.Found, _runs));
    }

    [Fact]
    public void A_changed_image_and_a_changed_epoch_are_not_found()
    {
        using var scope = new TensorScope();
        using TeacherCache cache = Open();
        Tensor images = Images(2), other = images.Clone();
        Ask(cache, images, Numbers(0, 1), epoch: 1);
        other.DenseSpan<float>()[^1] += 0.5f;
        Same(Teach(other), Ask(cache, other, Numbers(0, 1), epoch: 1), other);
        Ask(cache, other, Numbers(1, 0), epoch: 1);
        Ask(cache, other, Numbers(0, 1), epoch: 2);
        Assert.Equal(0, cache.Found);
    }

    [Fact]
    public void With_variants_an_epoch_finds_what_the_one_so_many_before_it_left()
    {
        using var scope = new TensorScope();
        using TeacherCache cache = Open(variants: 2);
        Tensor[] shown = [Images(3), Images(3)];
        for (int epoch = 1; epoch <= 6; epoch++)
            Same(Teach(shown[(epoch - 1) % 2]), Ask(cache, shown[(epoch - 1) % 2], Numbers(0, 1, 2), epoch), shown[0]);
        Assert.Equal(2, _runs);
    }

    [Fact]
    public void Images_that_a_method_shows_in_several_ways_are_kept_in_each()
    {
        using var scope = new TensorScope();
        using TeacherCache cache = Open();
        Tensor images = Images(6), numbers = Numbers(4, 5); // two samples in three ways
        Ask(cache, images, numbers, epoch: 1);
        Same(Teach(images), Ask(cache, images, numbers, epoch: 1), images);
        // What needs the images as they are alone finds them, too.
        Tensor plain = images.Narrow(0, 0, 2);
        Same(Teach(plain), Ask(cache, plain, numbers, epoch: 1), plain);
        Assert.Equal(1, _runs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(4096 + 8)]
    [InlineData(4096 + 16 + 5)]
    public void A_damaged_file_costs_time_only(int at)
    {
        using var scope = new TensorScope();
        Tensor images = Images(Samples), numbers = Numbers([.. Enumerable.Range(0, Samples).Select(i => (long)i)]);
        using (TeacherCache cache = Open())
            Ask(cache, images, numbers, epoch: 1);
        string file = Assert.Single(Files(), file => Path.GetFileName(file) == "stage1-0.cache");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at] ^= 4;
        File.WriteAllBytes(file, bytes);

        using TeacherCache again = Open();
        Same(Teach(images), Ask(again, images, numbers, epoch: 1), images);
        Assert.Equal((0, 2), (again.Found, _runs));
        Same(Teach(images), Ask(again, images, numbers, epoch: 1), images);
        Assert.Equal((10, 2), (again.Found, _runs));
    }

    [Fact]
    public void A_file_that_is_cut_short_is_made_anew()
    {
        using var scope = new TensorScope();
        Tensor images = Images(2), numbers = Numbers(0, 1);
        using (TeacherCache cache = Open())
            Ask(cache, images, numbers, epoch: 1);
        foreach (string file in Files())
            File.WriteAllBytes(file, File.ReadAllBytes(file)[..4100]);

        using TeacherCache again = Open();
        Same(Teach(images), Ask(again, images, numbers, epoch: 1), images);
        Same(Teach(images), Ask(again, images, numbers, epoch: 1), images);
        Assert.Equal((2, 2), (again.Found, _runs));
        Assert.Empty(_notices);
    }

    [Fact]
    public void Two_at_work_on_one_folder_help_each_other()
    {
        using var scope = new TensorScope();
        using TeacherCache one = Open(), two = Open();
        (Tensor first, Tensor second) = (Images(2), Images(2));
        Ask(one, first, Numbers(0, 1), epoch: 1);
        Ask(two, second, Numbers(2, 3), epoch: 1);
        Same(Teach(second), Ask(one, second, Numbers(2, 3), epoch: 1), second);
        Same(Teach(first), Ask(two, first, Numbers(0, 1), epoch: 1), first);
        Assert.Equal((2, 2), (one.Found, two.Found));
    }

    [Fact]
    public async Task All_that_begin_to_fill_one_folder_at_once_keep_their_records()
    {
        const int Rounds = 10, Workers = 4;
        for (int round = 0; round < Rounds; round++)
        {
            Tensor[] images = [.. Enumerable.Range(0, Workers).Select(_ => Images(2))];
            using var together = new Barrier(Workers);
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Factory.StartNew(
                () =>
                {
                    using var scope = new TensorScope();
                    using TeacherCache cache = Open();
                    Tensor numbers = Numbers(2 * worker, (2 * worker) + 1);
                    together.SignalAndWait();
                    cache.Recall(images[worker], Taps, logits: true, numbers, epoch: 1 + round, () => Teach(images[worker]));
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            using var scope = new TensorScope();
            using TeacherCache filled = Open();
            for (int worker = 0; worker < Workers; worker++)
                Ask(filled, images[worker], Numbers(2 * worker, (2 * worker) + 1), epoch: 1 + round);
            Assert.Equal((2 * Workers, 0), (filled.Found, _runs));
            foreach (Tensor shown in images)
                shown.Dispose();
            File.Delete(Directory.GetFiles(In("cache"), "key.txt", SearchOption.AllDirectories).Single()); // for the next round
        }

        Assert.Empty(_notices);
        string[] left = [.. Directory.GetFiles(In("cache"), "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock")];
        Assert.Equal(2 * Rounds, left.Length); // and no drafts
    }

    [Fact]
    public void What_has_no_room_within_the_budget_is_computed_and_said_so_once()
    {
        using var scope = new TensorScope();
        using TeacherCache cache = Open(budget: 5000);
        Tensor images = Images(2);
        for (int i = 0; i < 3; i++)
            Same(Teach(images), Ask(cache, images, Numbers(0, 1), epoch: 1), images);
        Assert.Contains("raise 'teacher.cache.max_gb'", Assert.Single(_notices));
        Assert.True(Files().Sum(file => new FileInfo(file).Length) <= 5000);
        Assert.Equal(3, _runs);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_said_and_the_teacher_asked()
    {
        File.WriteAllText(In("cache"), "a file");
        using var scope = new TensorScope();
        using TeacherCache cache = Open();
        Tensor images = Images(2);
        for (int i = 0; i < 2; i++)
            Same(Teach(images), Ask(cache, images, Numbers(0, 1), epoch: 1), images);
        Assert.StartsWith($"No more outputs of the teacher are kept in '{In("cache")}'", Assert.Single(_notices));
    }

    [Fact]
    public void It_leaves_no_tensor_behind() => TensorAssert.LeavesNothing(() =>
    {
        using TeacherCache cache = Open();
        for (int i = 0; i < 2; i++)
        {
            using var scope = new TensorScope();
            Ask(cache, Images(4), Numbers(0, 1), epoch: 1 + i);
        }
    });

    private TeacherCache Open(int variants = 0, long budget = 1 << 20) =>
        new(In("cache"), "teacher", "a key", Samples, variants, budget, _notices.Add);

    private NetworkOutput Ask(TeacherCache cache, Tensor images, Tensor numbers, int epoch) => cache.Recall(images, Taps, logits: true, numbers, epoch, () =>
    {
        _runs++;
        return Teach(images);
    });

    private string[] Files() => Directory.GetFiles(In("cache"), "*.cache", SearchOption.AllDirectories);

    /// <summary>Bfloat16 features in channels-last order and float32 logits, of each image by itself.</summary>
    private static NetworkOutput Teach(Tensor images) => new(
        images.Mean([2, 3]), new Dictionary<string, Tensor> { [Tap] = (images * 3).To(DType.BFloat16).Contiguous(MemoryFormat.ChannelsLast) });

    private static void Same(NetworkOutput expected, NetworkOutput actual, Tensor images)
    {
        TensorAssert.Same(expected.Logits, actual.Logits, "logits");
        TensorAssert.Same(expected[Tap], actual[Tap], Tap);
        Assert.Equal(images.Shape, actual[Tap].Shape);
    }

    private static Tensor Images(int count) => Aten.Randn([count, 3, 4, 4]);

    private static Tensor Numbers(params long[] samples) => Tensor.From<long>(samples, samples.Length);
}
