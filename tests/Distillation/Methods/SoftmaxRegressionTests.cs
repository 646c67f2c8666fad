using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Distillation.Methods;

public class SoftmaxRegressionTests
{
    [Fact]
    public void Regression_reaches_the_connector_and_leaves_the_teachers_classifier_alone()
    {
        using var scope = new TensorScope();
        using var classifier = new Linear(6, 10); // not even frozen
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { FmWeight = 0 });
        MethodBinding binding = Binding(classifier);
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        method.Loss(step).Value.Backward();
        Assert.NotEmpty(method.Parameters());
        Assert.All(method.Parameters(), parameter => Assert.NotEqual(0, SampleStep.Norm(parameter.Grad)));
        Assert.NotEqual(0, SampleStep.Norm(step.Features[0].Student.Grad));
        Assert.All(classifier.Parameters(), parameter => Assert.Null(parameter.Grad));
    }

    [Fact]
    public void Regression_is_a_distance_of_the_features_under_the_classifiers_metric()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([4, 6]), teacher = Aten.Randn([4, 6]), weight = Aten.Randn([10, 6]), bias = Aten.Randn([10]);
        Tensor direct = SoftmaxRegression.Regression(student, weight, bias, Aten.Linear(teacher, weight, bias));
        Tensor delta = student - teacher, metric = weight.T().Matmul(weight) / 10;
        TensorAssert.Close((delta.Matmul(metric) * delta).Sum() / 4, direct, 1e-5);
    }

    [Fact]
    public void The_classifiers_bias_has_no_effect()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([4, 6]), teacher = Aten.Randn([4, 6]), weight = Aten.Randn([10, 6]), bias = Aten.Randn([10]);
        TensorAssert.Close(
            SoftmaxRegression.Regression(student, weight, bias: null, Aten.Linear(teacher, weight, bias: null)),
            SoftmaxRegression.Regression(student, weight, bias, Aten.Linear(teacher, weight, bias)), 1e-5);
    }

    [Fact]
    public void Both_terms_are_means_over_all_elements()
    {
        using var scope = new TensorScope();
        Assert.Equal(4, SoftmaxRegression.FeatureMatching(Aten.Full([3, 5], 2.0), Aten.Zeros([3, 5])).ToDouble(), 6);
        Assert.Equal(100, SoftmaxRegression.Regression(Aten.Full([3, 5], 2.0), Aten.Ones([7, 5]), bias: null, Aten.Zeros([3, 7])).ToDouble(), 4);
    }

    [Fact]
    public void The_teachers_own_features_give_0()
    {
        using var scope = new TensorScope();
        Tensor features = Aten.Randn([4, 6]), weight = Aten.Randn([10, 6]), bias = Aten.Randn([10]);
        Assert.Equal(0, SoftmaxRegression.FeatureMatching(features, features).ToDouble());
        Assert.Equal(0, SoftmaxRegression.Regression(features, weight, bias, Aten.Linear(features, weight, bias)).ToDouble());
    }

    [Fact]
    public void The_classifier_can_be_named()
    {
        using var scope = new TensorScope();
        using Linear other = new(6, 10), narrow = new(6, 3);
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6]));
        binding = binding with { Teacher = binding.Teacher with { Linears = new Dictionary<string, Linear> { ["head"] = other, ["aux"] = narrow } } };

        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { Classifier = "head" });
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        Tensor pooled = Assert.Single(method.Loss(step).Outputs, output => output.Key == "sr").Value;
        Assert.True(pooled.ToDouble() > 0);

        using var unknown = new SoftmaxRegression(new SoftmaxRegressionOptions { Classifier = "fc" });
        Assert.Equal(
            "srrl finds no linear layer \"fc\" in large, only head, aux: set 'classifier' to one of them.",
            Assert.Throws<MethodException>(() => unknown.Bind(binding)).Message);
        using var wrong = new SoftmaxRegression(new SoftmaxRegressionOptions { Classifier = "aux" });
        Assert.Contains("gives 3 numbers for 10 classes", Assert.Throws<MethodException>(() => wrong.Bind(binding)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_without_a_linear_classifier_is_refused()
    {
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions());
        Assert.Contains("large", Assert.Throws<MethodException>(() => method.Bind(SampleBinding.Of(([4, 8, 8], [6])))).Message);
    }

    [Fact]
    public void Networks_of_different_classes_are_refused()
    {
        using var classifier = new Linear(6, 10);
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions());
        MethodBinding binding = Binding(classifier);
        var error = Assert.Throws<MethodException>(() => method.Bind(binding with { Student = binding.Student with { Classes = 7 } }));
        Assert.Contains("7", error.Message);
    }

    private static MethodBinding Binding(Linear classifier)
    {
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6]));
        return binding with { Teacher = binding.Teacher with { Classifier = classifier } };
    }
}
