using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Optimizers;

namespace Retort.Tests.Torch.Optimizers;

public class GradientClippingTests
{
    private static readonly JsonElement Cases = Golden.Read("optimizers");

    [Theory]
    [InlineData("clipping", 1.5)]
    [InlineData("clipping that changes nothing", 100)]
    public void The_common_norm_is_limited_as_in_PyTorch(string name, double limit)
    {
        using var scope = new TensorScope();
        JsonElement golden = Cases.GetProperty(name);
        Tensor[] parameters = [.. golden.GetProperty("before").EnumerateArray().Select(e => WithGradient(e.Tensor()))];
        using Tensor without = Aten.Zeros([2]);
        double norm = GradientClipping.ByNorm([.. parameters, without], limit);
        Assert.Equal(golden.GetProperty("norm").GetDouble(), norm, 1e-6);
        for (int i = 0; i < parameters.Length; i++)
            TensorAssert.Close(golden.GetProperty("after")[i].Tensor(), parameters[i].Grad!);
    }

    [Fact]
    public void A_gradient_that_is_no_number_is_reported()
    {
        using var scope = new TensorScope();
        Assert.True(double.IsNaN(GradientClipping.ByNorm([WithGradient(Tensor.From([1f, float.NaN]))], 1)));
        Assert.Equal(0, GradientClipping.ByNorm([], 1));
    }

    [Fact]
    public void Clipping_leaves_no_tensor_behind()
    {
        using Tensor gradient = Tensor.From([3f, 4f]);
        using Tensor parameter = WithGradient(gradient);
        TensorAssert.LeavesNothing(() => GradientClipping.ByNorm([parameter], 1));
    }

    private static Tensor WithGradient(Tensor gradient)
    {
        Tensor parameter = gradient.ZerosLike();
        parameter.RequiresGrad = true;
        parameter.Grad = gradient;
        return parameter;
    }
}
