using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public class VariationalInformationTests
{
    [Fact]
    public void A_sure_and_right_prediction_is_worth_less_than_nothing()
    {
        using var scope = new TensorScope();
        Tensor map = Aten.Randn([2, 3, 4, 4]);
        Assert.Equal(0, VariationalInformation.NegativeLogLikelihood(map, Aten.Ones([3]), map).ToDouble(), 1e-6);
        Assert.Equal(0.5 * Math.Log(0.1), VariationalInformation.NegativeLogLikelihood(map, Aten.Full([3], 0.1), map).ToDouble(), 1e-5);
    }

    [Fact]
    public void Each_channel_has_its_own_variance()
    {
        using var scope = new TensorScope();
        Tensor teacher = Aten.Ones([1, 2, 3, 3]);
        Tensor loss = VariationalInformation.NegativeLogLikelihood(teacher.ZerosLike(), Tensor.From([1f, 4f]), teacher);
        Assert.Equal(0.5 * (1 + 0.25 + Math.Log(4)) / 2, loss.ToDouble(), 1e-6);
    }

    [Fact]
    public void Regressors_and_variances_learn_with_the_student()
    {
        using var scope = new TensorScope();
        using var method = new VariationalInformation(new VariationalInformationOptions());
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6, 4, 4]), ([8, 4, 4], [5, 4, 4]));
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        method.Loss(step).Value.Backward();
        Assert.Equal(8, method.Parameters().Count);
        Assert.All(method.Parameters(), parameter => Assert.NotEqual(0, SampleStep.Norm(parameter.Grad)));
        Assert.All(step.Features, pair => Assert.NotEqual(0, SampleStep.Norm(pair.Student.Grad)));
    }

    [Fact]
    public void Maps_that_no_pooling_reconciles_are_refused_with_both_shapes()
    {
        using var method = new VariationalInformation(new VariationalInformationOptions());
        string message = Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 8, 2], [6, 4, 4])))).Message;
        Assert.Contains("[4, 8, 2]", message);
        Assert.Contains("[6, 4, 4]", message);
    }
}
