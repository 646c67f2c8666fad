using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Serialization;

namespace Retort.Tests.Torch.Serialization;

/// <summary>How saved names become a network's: prefixes, keys, rules; and what is told where they do not.</summary>
public sealed class NamesOfWeightsTests
{
    private static readonly HashSet<string> Own = ["0.weight", "0.bias", "3.weight"];

    [Fact]
    public void A_prefix_before_all_names_is_taken_off_where_the_network_has_them_without_it()
    {
        using SavedState unknown = StateDictReader.Read(Fixture.Path("lightning.pth"));
        Assert.Equal(("state_dict", "", "model.net.0.weight"), (unknown.Key, unknown.Prefix, unknown.Tensors.Keys.First()));
        using SavedState known = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Names = Own });
        Assert.Equal(("model.net.", "0.weight"), (known.Prefix, known.Tensors.Keys.First()));

        HashSet<string> prefixed = ["model.net.0.weight"];
        using SavedState own = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Names = prefixed });
        Assert.Equal("", own.Prefix);
        using SavedState others = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Names = new HashSet<string> { "conv1.weight" } });
        Assert.Equal("", others.Prefix);
    }

    [Fact]
    public void Batch_norms_of_before_they_counted_batches_are_taken()
    {
        using var scope = new TensorScope();
        using BatchNorm2d counted = new(2), uncounted = new(2);
        counted.Weight!.Detach().Fill_(3);
        uncounted.LoadState(counted.State().Where(entry => entry.Key != "num_batches_tracked").ToDictionary());
        Assert.Equal([3f, 3], uncounted.Weight!.ToArray<float>());
        Assert.Equal(0, uncounted.BatchesTracked!.Item<long>());
        var e = Assert.Throws<StateDictException>(() => uncounted.LoadState(counted.State().Where(entry => entry.Key != "running_var").ToDictionary()));
        Assert.Equal(["running_var"], e.Missing);
    }

    [Fact]
    public void Averaged_weights_are_taken_where_their_key_is_given()
    {
        using var scope = new TensorScope();
        using SavedState trained = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Names = Own });
        using SavedState averaged = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Names = Own, Key = "state_dict_ema" });
        Assert.Equal("state_dict_ema", averaged.Key);
        Assert.Equal(trained.Tensors["0.bias"].ToArray<float>().Select(value => value + 1), averaged.Tensors["0.bias"].ToArray<float>());
    }

    [Fact]
    public void Rules_change_names_one_after_another_and_an_empty_name_is_left_out()
    {
        RenameRule[] rules = [.. new[] { @"^model\.net\.(?=\d)=", @"^0\.(weight|bias)$=conv.$1", @"^1\..*=", "num_batches=batches" }.Select(RenameRule.Parse)];
        using SavedState state = StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Renames = rules });
        Assert.Equal(["conv.weight", "conv.bias", "3.weight", "3.bias"], state.Tensors.Keys);
        Assert.Equal(5, state.Ignored.Count);
        var e = Assert.Throws<CheckpointException>(() => StateDictReader.Read(Fixture.Path("lightning.pth"), new() { Renames = [RenameRule.Parse("weight|bias=w")] }));
        Assert.Contains("renaming gives \"model.net.0.weight\" and \"model.net.0.bias\" one name, \"model.net.0.w\"", e.Message);
    }

    [Theory]
    [InlineData("abc", "'abc' is no renaming: write FROM=TO")]
    [InlineData("=b", "'=b' is no renaming")]
    [InlineData("(a=b", "'(a' is no regular expression: ")]
    public void What_is_no_rule_is_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => RenameRule.Parse(text)).Message);

    [Fact]
    public void A_rule_that_takes_for_ever_is_stopped()
    {
        RenameRule rule = RenameRule.Parse("^(a+)+$=b");
        Assert.Contains("takes too long", Assert.Throws<FormatException>(() => rule.Apply(new string('a', 40) + "!")).Message);
    }

    [Fact]
    public void A_comparison_tells_what_matches_and_which_name_may_be_meant()
    {
        var comparison = new StateDictComparison(
            new Dictionary<string, IReadOnlyList<long>> { ["conv1.weight"] = [4, 3], ["fc.weight"] = [2, 4], ["fc.bias"] = [2], ["bn.weight"] = [4], ["norm.bias"] = [4] },
            new Dictionary<string, IReadOnlyList<long>> { ["conv.weight"] = [4, 3], ["conv2.weight"] = [9, 9], ["fc.weight"] = [3, 4], ["bn.weight"] = [4], ["classifier.bias"] = [2] });
        Assert.Equal(["bn.weight"], comparison.Matching);
        Assert.Equal(["conv1.weight", "fc.bias", "norm.bias"], comparison.Missing);
        Assert.Equal(["conv.weight", "conv2.weight", "classifier.bias"], comparison.Unexpected);
        Assert.Equal(["fc.weight"], comparison.Misshapen);
        Assert.False(comparison.Fits);
        Assert.Equal(["conv.weight"], comparison.NearTo("conv1.weight")); // conv2.weight is as near, but of another shape
        Assert.Equal(["classifier.bias"], comparison.NearTo("fc.bias")); // the only bias of that shape
        Assert.Empty(comparison.NearTo("norm.bias"));
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_with_the_name_that_may_be_meant()
    {
        using var scope = new TensorScope();
        using var linear = new Linear(3, 2, bias: false);
        var e = Assert.Throws<StateDictException>(() => linear.LoadState(new Dictionary<string, Tensor> { ["weights"] = Aten.Zeros([2, 3]) }));
        Assert.Contains("missing: weight (there is weights); unexpected: weights.", e.Message);
    }
}
