using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Native;

namespace Retort.Tests.Torch.Modules;

public sealed class SequentialTests
{
    private const int Channels = 16;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_norm_and_the_ReLU_behind_it_give_what_they_give_apart(bool training)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        var conv = new Conv2d(3, Channels, kernelSize: 3, padding: 1, bias: false);
        BatchNorm2d first = Norm(), last = Norm();
        using var layers = new Sequential(conv, first, new ReLU(inPlace: true), new Conv2d(Channels, Channels, kernelSize: 1), last);
        layers.Train(training);
        layers.To(MemoryFormat.ChannelsLast);
        Tensor images = Aten.Randn([4, 3, 6, 6]).To(MemoryFormat.ChannelsLast);
        Tensor apart = last.Forward(layers[3].Forward(first.Forward(conv.Forward(images)).Relu()));

        TensorAssert.Close(apart, layers.Forward(images), 1e-5);
        TensorAssert.Close(apart.Relu(), layers.Rectified(images), 1e-5);
        Assert.True(apart.Min().ToDouble() < 0);
    }

    [Fact]
    public void Norm_and_ReLU_are_one_operator_in_training()
    {
        using var scope = new TensorScope();
        using Sequential middle = new(Norm(), new ReLU(), new Identity()), last = new(Norm());
        Tensor images = Aten.Randn([4, Channels, 6, 6]).To(MemoryFormat.ChannelsLast);
        using var called = new CalledOperators();
        middle.Forward(images);
        last.Rectified(images);

        if (new Operator("retort::batch_norm_relu", "").Exists)
            Assert.Equal(["retort::batch_norm_relu", "retort::batch_norm_relu"], called.Names);
        else
            Assert.Equal(["aten::batch_norm", "aten::relu_", "aten::batch_norm", "aten::relu_"], called.Names);
    }

    [Fact]
    public void What_ends_in_another_layer_is_rectified_too_and_the_input_stays()
    {
        using var scope = new TensorScope();
        using Sequential linear = new(new Linear(4, 4)), empty = new();
        Tensor input = Aten.Randn([3, 4]), before = input.Clone();

        TensorAssert.Close(linear.Forward(input).Relu(), linear.Rectified(input), 0);
        TensorAssert.Close(input.Relu(), empty.Rectified(input), 0);
        TensorAssert.Close(before, empty.Forward(input), 0);
        TensorAssert.Close(before, input, 0);
    }

    private static BatchNorm2d Norm()
    {
        var norm = new BatchNorm2d(Channels);
        using (GradMode.Disable())
        {
            norm.Weight!.Uniform_(0.5, 1.5);
            norm.Bias!.Normal_();
        }

        return norm;
    }

    private sealed class CalledOperators : OperatorObserver
    {
        // Counting of batches, and second handles of a tensor, are beside the point.
        private static readonly string[] Passed = ["retort::batch_norm_relu", "aten::batch_norm", "aten::relu", "aten::relu_"];

        public List<string> Names { get; } = [];

        public override unsafe void Called(Operator op, ReadOnlySpan<BridgeValue> arguments, ReadOnlySpan<BridgeValue> results)
        {
            if (Passed.Contains(op.Name))
                Names.Add(op.Name);
        }
    }
}
