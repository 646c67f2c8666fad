using Retort.Distillation;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class VisionTransformerTests
{
    private const string Model = "deit_tiny_patch4_32";

    [Theory]
    [InlineData("deit_tiny_patch16_224", 224, 192, 14)]
    [InlineData("deit_small_patch16_224", 224, 384, 14)]
    [InlineData(Model, 32, 192, 8)]
    public void Stages_are_maps_of_the_tokens_and_pooled_is_the_class_token(string model, int size, int width, int side)
    {
        using Network network = ModelRegistry.Default.Create(model, 10);
        NetworkShape shape = NetworkShape.Of(model, network, size, size, Device.Cpu);

        Assert.Equal(["stem", "stage1", "stage2", "stage3", "stage4", "pooled"], network.TapNames);
        Assert.Equal(network.TapNames.Concat(network.TapNames.Select(tap => tap + Network.PreActivation)), shape.Taps.Keys);
        Assert.All(shape.Taps, tap => Assert.Equal(tap.Key.StartsWith("pooled", StringComparison.Ordinal) ? [width] : [width, side, side], tap.Value));
        Assert.Equal([10L, width], shape.Classifier!.Weight.Shape);
        Assert.Equal(size, ModelRegistry.Default.Find(model).ImageSize);
    }

    [Fact]
    public void State_dict_names_are_those_of_timm()
    {
        using Network network = ModelRegistry.Default.Create("deit_tiny_patch16_224", 10);
        string[] names = [.. network.State().Select(entry => entry.Key)];

        IEnumerable<string> Pair(string at) => [$"{at}.weight", $"{at}.bias"];
        string[] parts = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"];
        IEnumerable<string> blocks = Enumerable.Range(0, 12).SelectMany(b => parts.SelectMany(part => Pair($"blocks.{b}.{part}")));
        Assert.Equal(["cls_token", "pos_embed", .. Pair("patch_embed.proj"), .. blocks, .. Pair("norm"), .. Pair("head")], names);
        Assert.Equal([1L, 197, 192], network.State().First(entry => entry.Key == "pos_embed").Value.Shape);
    }

    [Fact]
    public void A_token_stands_in_the_map_at_its_patch()
    {
        using var scope = new TensorScope();
        using var noGrad = GradMode.Disable();
        using Network network = ModelRegistry.Default.Create(Model, 10);
        Tensor black = Aten.Zeros([1, 3, 32, 32]), spot = black.Clone();
        spot[0, .., 4 * 3, 4 * 6].Fill_(1); // in the patch of row 3 and column 6
        HashSet<string> stem = ["stem"];
        Tensor change = (network.Forward(spot, stem)["stem"] - network.Forward(black, stem)["stem"]).Abs().Sum([1]);

        Assert.True(change[0, 3, 6].ToDouble() > 0);
        Assert.Equal(change[0, 3, 6].ToDouble(), change.Sum().ToDouble());
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(32, 28)]
    public void Images_of_another_size_are_refused(int height, int width)
    {
        using Network network = ModelRegistry.Default.Create(Model, 10);
        using Tensor images = Aten.Zeros([1, 3, height, width]);
        RetortException fault = Assert.Throws<RetortException>(() => network.Forward(images));
        Assert.Equal(
            $"This vision transformer has learnt positions for images of 32×32 pixels, but was given {height}×{width}: bring the images to that "
            + "size, or choose another model.",
            fault.Message);
        Assert.True(fault.WrongUse);
    }

    [Fact]
    public void In_bfloat16_it_learns_near_what_it_learns_in_float32()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(6);
        using Network network = ModelRegistry.Default.Create(Model, 10);
        Tensor images = Aten.Randn([2, 3, 32, 32]);
        (Tensor Logits, IReadOnlyList<Tensor?> Gradients) Run(DType type)
        {
            NetworkOutput output;
            using (Autocast.Enter(type))
                output = network.Forward(images, new HashSet<string> { "stage2", "stage4" });
            Assert.Equal(DType.Float32, output["stage4"].DType); // the sums of all blocks lose nothing
            Tensor loss = output.Logits.To(DType.Float32).Square().Sum() + output["stage2"].Square().Mean();
            return (output.Logits, Gradients.Of([loss], network.Parameters()));
        }

        var exact = Run(DType.Float32);
        var rounded = Run(DType.BFloat16);
        Assert.Equal(DType.BFloat16, rounded.Logits.DType);
        TensorAssert.Close(exact.Logits, rounded.Logits.To(DType.Float32), 0.02);
        foreach ((Tensor? expected, Tensor? actual) in exact.Gradients.Zip(rounded.Gradients))
            Assert.InRange((expected! - actual!).Norm(2).ToDouble(), 0, 0.1 * expected!.Norm(2).ToDouble());
    }

    [Theory]
    [InlineData(30, 4, 192, 12)]
    [InlineData(32, 4, 100, 12)]
    [InlineData(32, 4, 192, 10)]
    public void Sizes_that_do_not_divide_are_refused(int imageSize, int patch, int width, int depth) =>
        Assert.Contains(
            "must be a multiple of",
            Assert.Throws<ArgumentOutOfRangeException>(() => new VisionTransformer(imageSize, patch, width, depth, 10)).Message);
}
