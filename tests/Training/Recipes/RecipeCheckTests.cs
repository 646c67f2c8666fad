using Retort.Tests.Cli.Support;
using Retort.Tests.Support;
using Retort.Training.Recipes;

namespace Retort.Tests.Training.Recipes;

public sealed class RecipeCheckTests : CliTests
{
    private IReadOnlyList<string> Problems(string yaml, params string[] overrides) => RecipeCheck.Problems(RecipeFile(yaml), overrides);

    [Fact]
    public void Recipes_that_would_run_have_no_problems()
    {
        Assert.Empty(Problems(Tiny));
        Assert.Empty(RecipeCheck.Problems(RepositoryFiles.Repository("recipes", "demo.yaml")));
        Images();
        Assert.Empty(Problems(OfFolder + $"\nteacher: {{model: resnet20, checkpoint: {Weights("resnet20", 2)}}}\ndistill: [{{ce: 1}}, {{at: 1000}}, {{crd: 0.8}}]"));
    }

    [Fact]
    public void Weights_that_a_student_cannot_start_from_are_told()
    {
        Images();
        string[] OfStudent(string file) => [.. Problems(OfFolder, $"student.checkpoint={file}")];
        Assert.Empty(OfStudent(Weights("resnet8", 2)));
        Assert.StartsWith($"{In("none.pth")}: ", Assert.Single(OfStudent(In("none.pth"))), StringComparison.Ordinal);
        Assert.Contains("the weights are not those of resnet8 with 2 classes", Assert.Single(OfStudent(Weights("resnet8", 3))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_told_at_once_each_in_a_sentence()
    {
        IReadOnlyList<string> problems = Problems(
            OfFolder.Replace("resnet8", "resnt8", StringComparison.Ordinal)
            + "\nteacher: {model: resnet2}\ndistill: [{ce: 1}, {kdd: 1}, {kd: {weight: 1, temprature: 2, temperature: -1}}]");
        Assert.Collection(
            problems,
            p => Assert.StartsWith($"Image folder '{In("data")}' does not exist; ", p, StringComparison.Ordinal),
            p => Assert.StartsWith("There is no model named \"resnt8\". ", p, StringComparison.Ordinal),
            p => Assert.StartsWith("There is no model named \"resnet2\". ", p, StringComparison.Ordinal),
            p => Assert.StartsWith("There is no method named \"kdd\". ", p, StringComparison.Ordinal),
            p => Assert.StartsWith($"{In("tiny.yaml")}:5:47: unknown key 'temprature' in 'distill.kd'. ", p, StringComparison.Ordinal),
            p => Assert.StartsWith($"{In("tiny.yaml")}:5:", p, StringComparison.Ordinal));
        Assert.Equal(2, Problems(Tiny, "train.epochs=0", "train.batch=0").Count);
    }

    [Fact]
    public void Methods_that_do_not_fit_the_pair_are_told_each_by_itself()
    {
        IReadOnlyList<string> problems = Problems(
            Tiny + "\nteacher: {model: resnet20}\ndistill: [{ce: 1}, {at: {weight: 1, taps: [stage7]}}, {nst: {weight: 1, taps: ['stage1:stage8']}}]");
        Assert.Equal(2, problems.Count);
        Assert.StartsWith("at needs the tap \"stage7\" of the student, but resnet8 has only ", problems[0], StringComparison.Ordinal);
        Assert.StartsWith("nst needs the tap \"stage8\" of the teacher, but resnet20 has only ", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_of_weight_0_beside_the_labels_is_no_problem() =>
        Assert.Empty(Problems(Tiny + "\nteacher: {model: resnet20}\ndistill: [{ce: 1}, {ab: {weight: 0, init_epochs: 1}}]"));

    [Fact]
    public void A_teacher_of_batch_statistics_whose_outputs_are_to_be_kept_is_told()
    {
        const string batch = Tiny + "\nteacher: {model: resnet20CACHE}\ndistill: [{ce: 1}, {ofd: {weight: 0.001, teacher_statistics: batch}}]";
        Assert.Empty(Problems(batch.Replace("CACHE", "", StringComparison.Ordinal)));
        string problem = Assert.Single(Problems(batch.Replace("CACHE", ", cache: {enabled: true}", StringComparison.Ordinal)));
        Assert.Contains("ofd has teacher_statistics: batch", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_that_comes_again_is_told_by_its_number()
    {
        const string twice = Tiny + "\nteacher: {model: resnet20}\ndistill: [{ce: 1}, {at: 1}, {at: {weight: 1, taps: [TAP]}}]";
        Assert.Empty(Problems(twice.Replace("TAP", "stage1", StringComparison.Ordinal)));
        string problem = Assert.Single(Problems(twice.Replace("TAP", "stage7", StringComparison.Ordinal)));
        Assert.StartsWith("at-2 needs the tap \"stage7\" of the student", problem, StringComparison.Ordinal);
        Assert.Contains("'distill.at-2.p' is '0'", Assert.Single(Problems(twice.Replace("taps: [TAP]", "p: 0", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_that_is_never_full_is_told_where_such_ones_are_left_out()
    {
        const string told = "'train.drop_last' leaves nothing to train on: 40 images are no full batch of 64; lower 'train.batch'.";
        Assert.Empty(Problems(Tiny, "train.batch=64"));
        Assert.Equal([told], Problems(Tiny, "train.batch=64", "train.drop_last=true"));
        const string teacher = Tiny + "\nteacher: {model: resnet8, train: {batch: 64, drop_last: true}}\ndistill: [{ce: 1}, {kd: 1}]";
        Assert.Equal([told], Problems(teacher));
        Images();
        Assert.Contains("10 images are no full batch of 11", Assert.Single(Problems(OfFolder, "train.batch=11", "train.drop_last=true")), StringComparison.Ordinal);
    }

    [Fact]
    public void Binaries_where_folders_of_images_are_wanted_are_told_with_the_kind_that_reads_them()
    {
        string cifar10 = Path.Combine("data", "cifar-10-batches-bin"), cifar100 = Path.Combine("data", "cifar-100-binary");
        Told("cifar10", 3073, [.. Enumerable.Range(1, 5).Select(i => Path.Combine(cifar10, $"data_batch_{i}.bin")), Path.Combine(cifar10, "test_batch.bin")]);
        Told("cifar100", 3074, Path.Combine(cifar100, "train.bin"), Path.Combine(cifar100, "test.bin"));
        Told("idx", 1, Path.Combine("data", "train-images-idx3-ubyte.gz"));

        void Told(string kind, int bytes, params string[] files)
        {
            foreach (string file in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(In(file))!);
                File.WriteAllBytes(In(file), new byte[bytes]);
            }

            Assert.EndsWith($": set data.kind={kind}.", Assert.Single(Problems(OfFolder)), StringComparison.Ordinal);
            if (kind != "idx")
                Assert.Empty(Problems(OfFolder, $"data.kind={kind}"));
            Directory.Delete(In("data"), recursive: true);
        }
    }

    [Fact]
    public void One_class_alone_is_told()
    {
        Images();
        Directory.Delete(In("data", "train", "dog"), recursive: true);
        Directory.Delete(In("data", "test", "dog"), recursive: true);
        const string message = "All training images are of one class, 'cat', so that there is nothing to learn: give at least 2; ";
        Assert.StartsWith(message, Assert.Single(Problems(OfFolder)), StringComparison.Ordinal);
        Train(OfFolder).Refused(1, message, "");
    }

    [Fact]
    public void A_method_that_cannot_do_with_mixed_images_is_told() => Assert.StartsWith(
        "dkd reads which sample an image is and which label it has, but 'data.augment' mixes images",
        Assert.Single(Problems(Tiny + "\nteacher: {model: resnet20}\ndistill: [{ce: 1}, {dkd: 1}, {kd: 1}]", "data.augment.mixup=0.2")), StringComparison.Ordinal);

    [Fact]
    public void A_checkpoint_that_is_missing_or_another_models_is_told()
    {
        const string teacher = Tiny + "\ndistill: [{ce: 1}, {kd: 1}]\n";
        Assert.Equal([$"{In("none.pth")}: there is no such file; check the path."], Problems(teacher + $"teacher: {{model: resnet20, checkpoint: {In("none.pth")}}}"));
        string other = Weights("resnet8", 10);
        Assert.StartsWith(
            $"{other}: the weights are not those of resnet20 with 10 classes. ",
            Assert.Single(Problems(teacher + $"teacher: {{model: resnet20, checkpoint: {other}}}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Branches_of_a_student_that_do_not_fit_the_teacher_are_told()
    {
        Assert.Empty(Problems(Tiny + "\nteacher: {model: resnet14, sftn: {}}\ndistill: [{ce: 1}, {kd: 1}]"));
        string problem = Assert.Single(Problems(Tiny + "\nteacher: {model: resnet14, sftn: {branches: [stage9]}}\ndistill: [{ce: 1}, {kd: 1}]"));
        Assert.Contains("\"stage9\"", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_is_checked_with_all_its_variants()
    {
        Assert.Empty(RecipeCheck.Problems(RepositoryFiles.Repository("recipes", "comparisons", "demo.yaml")));
        IReadOnlyList<string> problems = Problems(
            Tiny + "\nteacher: {model: resnet14, checkpoint: none.pth}\nvariants: {kd: {distill: [{ce: 1}, {kd: 1}]}, at: {distill: [{at: {weight: 1, taps: [stage7]}}]}}");
        Assert.Equal(2, problems.Count);
        Assert.Contains("none.pth: there is no such file; check the path.", problems);
        Assert.Contains(problems, p => p.StartsWith("at: at needs the tap \"stage7\" of the student", StringComparison.Ordinal));
    }
}
