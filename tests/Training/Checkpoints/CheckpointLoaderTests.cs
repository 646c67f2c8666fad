using Retort.Tests.Training.Runs;
using Retort.Torch.Networks;
using Retort.Torch.Serialization;
using Retort.Training.Checkpoints;
using Retort.Vision.Augmentation;
using Retort.Vision.Models;

namespace Retort.Tests.Training.Checkpoints;

public sealed class CheckpointLoaderTests : InTemporaryFolder
{
    private static readonly NetworkCard Card = new()
    {
        Model = "resnet8", Classes = ["cat", "dog \"x\", ü"], Normalization = Normalization.Cifar100, ImageSize = 32, Accuracy = 1 / 3.0,
        Training = new Dictionary<string, string> { ["method"] = "sftn", ["branches"] = "ü" },
    };

    [Fact]
    public void A_network_comes_back_with_its_card()
    {
        using Network saved = Save("student.safetensors", "resnet8", 2, Card.ToMetadata());
        (Network network, NetworkCard card) = CheckpointLoader.Open(In("student.safetensors"));
        using (network)
        {
            Assert.Equal(Card.Classes, card.Classes);
            Assert.Equal((Card.Model, Card.Accuracy, Card.ImageSize), (card.Model, card.Accuracy, card.ImageSize));
            Assert.Equal(Card.Training, card.Training);
            Assert.Equal(Card.Normalization.Mean, card.Normalization.Mean);
            Assert.Equal(Card.Normalization.Deviation, card.Normalization.Deviation);
            Assert.All(saved.State().Zip(network.State()), pair => Assert.True(pair.First.Value.Equal(pair.Second.Value), pair.First.Key));
        }
    }

    [Fact]
    public void A_checkpoints_folder_stands_for_its_network()
    {
        Directory.CreateDirectory(In("best"));
        Save("best/network.safetensors", "resnet8", 2, Card.ToMetadata()).Dispose();
        CheckpointLoader.Open(In("best")).Network.Dispose();
    }

    [Fact]
    public void Weights_of_another_model_are_refused_with_the_names_that_differ()
    {
        Save("resnet14.safetensors", "resnet14", 10).Dispose();
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        string message = Refusal(network, "resnet14.safetensors");
        Assert.StartsWith($"{In("resnet14.safetensors")}: the weights are not those of resnet8 with 10 classes. ", message, StringComparison.Ordinal);
        Assert.Contains("unexpected: layer1.1.conv1.weight", message);
    }

    [Fact]
    public void Weights_for_other_classes_are_refused_with_both_shapes()
    {
        Save("hundred.safetensors", "resnet8", 100).Dispose();
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        double before = network.Classifier!.Weight.Sum().ToDouble();
        Assert.Contains("fc.weight is [100, 64], must be [10, 64]", Refusal(network, "hundred.safetensors"));
        Assert.Equal(before, network.Classifier.Weight.Sum().ToDouble());
    }

    [Fact]
    public void A_file_that_does_not_say_its_model_needs_one_to_be_named()
    {
        Save("foreign.safetensors", "resnet8", 10).Dispose();
        Assert.EndsWith("the file does not say which model it holds; name it with --model.",
            Assert.Throws<CheckpointException>(() => CheckpointLoader.Open(In("foreign.safetensors"))).Message, StringComparison.Ordinal);
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        Assert.Null(CheckpointLoader.Load(network, "resnet8", In("foreign.safetensors")));
    }

    [Theory]
    [InlineData("retort.classes", "null")]
    [InlineData("retort.classes", "[]")]
    [InlineData("retort.classes", "{")]
    [InlineData("retort.mean", "[1]")]
    [InlineData("retort.mean", "null")]
    [InlineData("retort.std", "[0, 0, 0]")]
    [InlineData("retort.image_size", "large")]
    public void A_damaged_card_counts_as_none(string key, string value)
    {
        Dictionary<string, string> metadata = new(Card.ToMetadata()) { [key] = value };
        Assert.Null(NetworkCard.FromMetadata(metadata));
        metadata.Remove(key);
        Assert.Null(NetworkCard.FromMetadata(metadata));
    }

    [Fact]
    public void A_card_with_an_unknown_model_is_told_with_the_file()
    {
        Save("new.safetensors", "resnet8", 2, (Card with { Model = "resnet7" }).ToMetadata()).Dispose();
        RetortException fault = Assert.ThrowsAny<RetortException>(() => CheckpointLoader.Open(In("new.safetensors")));
        Assert.StartsWith($"{In("new.safetensors")}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("There is no model named \"resnet7\"", fault.Message);
    }

    [Fact]
    public void A_refused_file_leaves_nothing_in_memory()
    {
        Save("hundred.safetensors", "resnet8", 100, Card.ToMetadata()).Dispose();
        Torch.TensorAssert.LeavesNothing(() => Assert.Throws<CheckpointException>(() => CheckpointLoader.Open(In("hundred.safetensors"))));
    }

    private string Refusal(Network network, string file) =>
        Assert.Throws<CheckpointException>(() => CheckpointLoader.Load(network, "resnet8", In(file))).Message;

    private Network Save(string file, string model, int classes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Network network = ModelRegistry.Default.Create(model, classes);
        Safetensors.Write(In(file), network.State(), metadata);
        return network;
    }
}
