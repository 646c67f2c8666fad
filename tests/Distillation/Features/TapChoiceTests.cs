using Retort.Distillation;
using Retort.Distillation.Features;

namespace Retort.Tests.Distillation.Features;

public sealed class TapChoiceTests
{
    [Theory]
    [InlineData("32 16 8", "32 16 8", "1:1 2:2 3:3")]
    [InlineData("16 8 4", "32 16 8", "1:1 2:2 3:3")]
    [InlineData("112 56 28 14 7", "56 28 14 7", "2:1 3:2 4:3 5:4")] // MobileNet by a ResNet of ImageNet
    [InlineData("56 28 14 7", "112 56 28 14 7", "1:2 2:3 3:4 4:5")]
    [InlineData("32 16 8", "16 8 4 4", "1:1 2:2 3:3")] // half as high all along
    [InlineData("32 16 8", "8 8 8 8", "1:2 2:3 3:4")] // equally near: the last with the last
    public void Stages_are_paired_in_order_where_their_heights_are_nearest(string student, string teacher, string expected) =>
        Assert.Equal(
            expected.Split(' ').Select(pair => new TapPair($"stage{pair[0]}", $"stage{pair[2]}")),
            TapChoice.Stages(Shape(student), Shape(teacher)));

    [Fact]
    public void The_map_behind_the_last_stage_that_is_pooled_is_no_stage()
    {
        NetworkShape shape = Shape("32 16 8");
        NetworkShape pooling = shape with { Taps = new OrderedDictionary<string, long[]>(shape.Taps) { ["pooled.map"] = [16, 8, 8] }, PooledMap = "pooled.map" };
        Assert.Equal(TapChoice.Stages(shape, shape), TapChoice.Stages(pooling, pooling));
        Assert.Equal("stage3", TapChoice.LastMap(pooling));
    }

    [Fact]
    public void A_network_without_maps_is_refused_with_what_it_has()
    {
        NetworkShape vectors = new() { Name = "mlp", Classes = 10, Taps = new Dictionary<string, long[]> { ["pooled"] = [64] } };
        MethodException fault = Assert.Throws<MethodException>(() => TapChoice.Stages(Shape("8"), vectors));
        Assert.StartsWith("mlp has no stage that gives maps [C, H, W], only pooled [64]:", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A stem, stages of these heights, and the pooled vector.</summary>
    private static NetworkShape Shape(string heights)
    {
        OrderedDictionary<string, long[]> taps = new() { ["stem"] = [3, 64, 64] };
        foreach (string height in heights.Split(' '))
            taps.Add($"stage{taps.Count}", [8, long.Parse(height), long.Parse(height)]);
        taps.Add("pooled", [8]);
        return new NetworkShape { Name = "network", Classes = 10, Taps = taps };
    }
}
