using Retort.Distillation;
using Retort.Tests.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation;

public sealed class LabelLossTests : IDisposable
{
    private static readonly double[] Weights = [0.5, 3, 1.25];

    private readonly TensorScope _scope = new();
    private readonly Tensor _logits = MethodBench.RandomSingle(4, 5, 3), _labels = Tensor.From<long>([0, 1, 1, 2, 0]);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void It_is_the_mean_of_the_images_losses_weighted_by_class(double smoothing)
    {
        // By hand, in double: the label's share 1 − s + s/3 and the others' s/3, each weighted by its own class.
        float[] logits = _logits.ToArray<float>();
        long[] labels = _labels.ToArray<long>();
        double above = 0, below = 0;
        for (int i = 0; i < 5; i++)
        {
            double sum = Enumerable.Range(0, 3).Sum(c => Math.Exp(logits[(i * 3) + c]));
            for (int c = 0; c < 3; c++)
                above -= ((c == labels[i] ? 1 - smoothing : 0) + (smoothing / 3)) * Weights[c] * (logits[(i * 3) + c] - Math.Log(sum));
            below += Weights[labels[i]];
        }

        Assert.Equal(above / below, Loss(smoothing, Weights, _labels), 1e-5);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void Labels_as_shares_of_classes_are_worth_what_they_are_as_numbers(double smoothing) =>
        Assert.Equal(Loss(smoothing, Weights, _labels), Loss(smoothing, Weights, _labels.OneHot(3).To(DType.Float32)), 1e-5);

    [Fact]
    public void A_common_factor_changes_nothing_and_equal_weights_are_as_good_as_none()
    {
        Tensor mixed = Tensor.From<float>([1, 0, 0, 0.3f, 0.7f, 0, 0, 1, 0, 0, 0.5f, 0.5f, 0.2f, 0, 0.8f], [5, 3]);
        foreach (Tensor labels in (Tensor[])[_labels, mixed])
        {
            Assert.Equal(Loss(0.1, Weights, labels), Loss(0.1, [.. Weights.Select(weight => 7 * weight)], labels), 1e-5);
            Assert.Equal(Loss(0.1, null, labels), Loss(0.1, [2, 2, 2], labels), 1e-5);
        }
    }

    [Fact]
    public void Without_weights_it_is_the_cross_entropy_and_keeps_nothing()
    {
        using var plain = new LabelLoss(0.1, null);
        Assert.Equal(Losses.CrossEntropy(_logits, _labels, 0.1).ToDouble(), plain.Of(_logits, _labels).ToDouble());
        Assert.Empty(plain.State());
        using var weighted = new LabelLoss(0, Weights);
        Assert.Empty(weighted.Parameters());
    }

    private double Loss(double smoothing, double[]? weights, Tensor labels)
    {
        using var loss = new LabelLoss(smoothing, weights);
        return loss.Of(_logits, labels).ToDouble();
    }
}
