using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Torch;
using Retort.Torch.Networks;
using Retort.Vision.Models;

namespace Retort.Tests.Distillation.Methods;

/// <summary>What refusals advise: methods whose options name taps compare those.</summary>
public sealed class TapOptionTests
{
    [Theory]
    [InlineData("ab", "taps", "stage2.preact", "stage3.preact:stage2.preact")]
    [InlineData("at", "taps", "stage2", "stage3:stage2")]
    [InlineData("ft", "tap", "stage2")]
    [InlineData("nst", "taps", "stage3.preact")]
    [InlineData("ofd", "taps", "stage2.preact", "stage3.preact")]
    [InlineData("reviewkd", "taps", "stage2:stage2.preact", "stage3:stage3.preact")]
    [InlineData("vid", "taps", "stage2", "stage3:stage2")]
    public void The_taps_that_the_options_name_are_compared(string method, string key, params string[] taps)
    {
        using Network network = ModelRegistry.Default.Create("resnet8", 10);
        NetworkShape shape = NetworkShape.Of("resnet8", network, 32, 32, Device.Cpu);
        OptionScalar[] named = [.. taps.Select(tap => new OptionScalar(tap, quoted: false))];
        OptionNode value = key == "taps" ? new OptionList(named) : named[0];
        using Method made = MethodRegistry.Default.Find(method).Create(new OptionMapping([new OptionEntry(key, "", value)]), method);
        Assert.Equal(taps, made.ChooseTaps(shape, shape).Select(pair => pair.ToString()));
    }
}
