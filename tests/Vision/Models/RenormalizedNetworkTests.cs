using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Datasets;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class RenormalizedNetworkTests
{
    private static readonly HashSet<string> Taps = ["stage2"];

    [Fact]
    public void It_gives_for_images_normalised_one_way_what_the_network_gives_for_the_other()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        TorchRuntime.Seed(5);
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        string hash = WeightsHash.Of(network);
        network.Eval();
        NetworkOutput expected = network.Forward(Images(Normalization.ImageNet), Taps);

        Network renormalized = RenormalizedNetwork.Of(network, Normalization.Cifar10, Normalization.ImageNet);
        NetworkOutput actual = renormalized.Forward(Images(Normalization.Cifar10), Taps);

        Near(expected.Logits, actual.Logits);
        Near(expected["stage2"], actual["stage2"]);
        Assert.False(network.Forward(Images(Normalization.Cifar10), Taps).Logits.Allclose(expected.Logits, rtol: 1e-3, atol: 1e-3));
        Assert.Equal(hash, WeightsHash.Of(renormalized));
        Assert.Equal((10, network.Classifier), (renormalized.Classes, renormalized.Classifier));
        renormalized.Train();
        Assert.True(network.IsTraining);
    }

    [Fact]
    public void It_is_the_network_itself_where_nothing_differs()
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        Assert.Same(network, RenormalizedNetwork.Of(network, Normalization.Cifar10, new([.. Normalization.Cifar10.Mean], [.. Normalization.Cifar10.Deviation])));
    }

    private static void Near(Tensor expected, Tensor actual) => Assert.True(actual.Allclose(expected, rtol: 1e-4, atol: 1e-4));

    private static Tensor Images(Normalization normalization)
    {
        ImageDataset images = SyntheticShapes.Generate(DatasetSplit.Test, new SyntheticShapesOptions { TestImages = 4 });
        using Batch batch = BatchLoader.ForEvaluation(images, 4, normalization).Epoch(0).Single();
        return batch.Images.Clone();
    }
}
