using Retort.Torch;
using Retort.Training.Verification;

namespace Retort.Tests.Training.Verification;

public class LcgFillTests
{
    // Computed by a script of its own, in Python, from the description of the format.
    [Fact]
    public void The_state_is_filled_as_the_format_says()
    {
        using var scope = new TensorScope();
        KeyValuePair<string, Tensor>[] state =
        [
            new("conv.weight", Aten.Zeros([2, 1, 1, 2])), new("bn.weight", Aten.Zeros([2])), new("bn.bias", Aten.Zeros([2])),
            new("bn.running_mean", Aten.Zeros([2])), new("bn.running_var", Aten.Zeros([2])),
            new("bn.num_batches_tracked", Aten.Zeros([], DType.Int64)), new("fc.bias", Aten.Zeros([1])),
        ];

        LcgFill.Apply(state);

        Assert.Equal([-0.8386633396148682f, -1.090824842453003f, 0.9379494190216064f, -1.4497381448745728f], Values(0));
        Assert.Equal([0.7797295451164246f, 0.5916450023651123f], Values(1));
        Assert.Equal([-0.039687931537628174f, 0.09963681548833847f], Values(2));
        Assert.Equal([-0.03532177209854126f, 0.08094463497400284f], Values(3));
        Assert.Equal([0.8452219367027283f, 1.3112622499465942f], Values(4));
        Assert.Equal(0, state[5].Value.Item<long>());
        Assert.Equal([-0.022223293781280518f], Values(6));

        float[] Values(int entry) => state[entry].Value.ToArray<float>();
    }

    [Fact]
    public void An_entry_without_a_rule_is_refused_by_name()
    {
        using var scope = new TensorScope();

        var fault = Assert.Throws<RetortException>(() => LcgFill.Apply([new("0.log_scale", Aten.Zeros([2]))]));

        Assert.Contains("0.log_scale", fault.Message);
    }
}
