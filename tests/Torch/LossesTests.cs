using System.Text.Json;
using Retort.Torch;

namespace Retort.Tests.Torch;

public class LossesTests
{
    private static readonly JsonElement Cases = Golden.Read("losses");

    private static readonly Dictionary<string, Func<Tensor, Tensor, JsonElement, Tensor>> Functions = new()
    {
        ["CrossEntropy"] = (x, t, _) => Losses.CrossEntropy(x, t),
        ["CrossEntropy smoothed"] = (x, t, _) => Losses.CrossEntropy(x, t, labelSmoothing: 0.1),
        ["CrossEntropy weighted"] = (x, t, c) => Losses.CrossEntropy(x, t, weight: c.Tensor("weight")),
        ["CrossEntropy soft"] = (x, t, _) => Losses.CrossEntropy(x, t),
        ["CrossEntropy soft smoothed"] = (x, t, _) => Losses.CrossEntropy(x, t, labelSmoothing: 0.2),
        ["CrossEntropy dense"] = (x, t, _) => Losses.CrossEntropy(x, t),
        ["Mse"] = (x, t, _) => Losses.Mse(x, t),
        ["L1"] = (x, t, _) => Losses.L1(x, t),
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Fact]
    public void Every_case_is_tested() => Assert.Equal(Cases.EnumerateObject().Select(p => p.Name).Order(), Functions.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_gradient_are_those_of_PyTorch(string name)
    {
        using var scope = new TensorScope();
        JsonElement golden = Cases.GetProperty(name);
        Tensor input = golden.Tensor("input");
        input.RequiresGrad = true;
        Tensor loss = Functions[name](input, golden.Tensor("target"), golden);
        Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.ToDouble(), 1e-6);
        loss.Backward();
        TensorAssert.Close(golden.Tensor("gradient"), input.Grad!);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Short_types_are_widened_and_the_loss_is_float32(string name)
    {
        using var scope = new TensorScope();
        JsonElement golden = Cases.GetProperty(name);
        Tensor input = golden.Tensor("input").To(DType.BFloat16);
        input.RequiresGrad = true;
        using var autocast = Autocast.Enter(DType.BFloat16);
        Tensor loss = Functions[name](input, golden.Tensor("target"), golden);
        Assert.Equal(DType.Float32, loss.DType);
        Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.ToDouble(), 0.03);
        loss.Backward();
        Assert.Equal(DType.BFloat16, input.Grad!.DType);
    }

    [Fact]
    public void A_label_out_of_range_is_an_index_error()
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<TorchException>(() => Losses.CrossEntropy(Aten.Zeros([1, 3]), Tensor.From([3L])));
        Assert.Equal(TorchErrorKind.Index, error.Kind);
        Assert.Contains("aten::cross_entropy_loss", error.Message);
    }

    [Fact]
    public void Losses_leave_nothing_but_their_result()
    {
        using Tensor logits = Aten.Ones([2, 3]), labels = Tensor.From([0L, 1L]), probabilities = logits.Softmax(1);
        TensorAssert.LeavesNothing(() => Losses.CrossEntropy(logits, labels).Dispose());
        TensorAssert.LeavesNothing(() => Losses.Mse(logits, probabilities).Dispose());
    }
}
