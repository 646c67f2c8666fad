using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Torch.Optimizers;
using Retort.Vision.Models;

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
        Assert.Equal(4, SoftmaxRegression.FeatureMatching(Aten.Full([3, 5], 2.0), Aten.Zeros([3, 5])).ToDouble(), 1e-6);
        Assert.Equal(100, SoftmaxRegression.Regression(Aten.Full([3, 5], 2.0), Aten.Ones([7, 5]), bias: null, Aten.Zeros([3, 7])).ToDouble(), 1e-4);
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

    [Theory]
    [InlineData(null, "pooled.map", "pooled.map")]
    [InlineData(null, "stage1", "stage1")]
    [InlineData(null, null, "pooled")] // a transformer's
    [InlineData(SoftmaxRegressionVariant.Map, "pooled.map", "pooled.map")]
    [InlineData(SoftmaxRegressionVariant.Vector, "pooled.map", "pooled")]
    public void The_map_that_the_student_pools_goes_through_the_connector_or_else_the_vector(SoftmaxRegressionVariant? variant, string? pooled, string tap)
    {
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { Variant = variant });
        Assert.Equal([new TapPair(tap, "pooled")], method.ChooseTaps(Pooling(pooled), Pooling(null)));
    }

    [Fact]
    public void The_variant_map_is_refused_for_a_student_that_pools_none()
    {
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { Variant = SoftmaxRegressionVariant.Map });
        Assert.Equal(
            "srrl's variant map wants a map whose mean is the student's pooled vector, but net pools none: set 'variant' to vector.",
            Assert.Throws<MethodException>(() => method.ChooseTaps(Pooling(null), Pooling(null))).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_connector_ends_in_a_ReLU_where_it_is_wanted(bool relu)
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(1);
        using var classifier = new Linear(6, 10);
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { Relu = relu, SrWeight = 0 });
        MethodBinding binding = Binding(classifier);
        method.Bind(binding);
        StepInput step = SampleStep.For(binding);
        step = step with { Features = [step.Features[0] with { Teacher = Aten.Full([SampleStep.Batch, 6], -1.0) }] };
        // Only without the ReLU can the connector, by its norm's shift, bring the vector to -1.
        using var optimizer = new Sgd(method.Parameters(), learningRate: 1);
        for (int i = 0; i < 100; i++)
        {
            optimizer.ZeroGrad();
            method.Loss(step).Value.Backward();
            optimizer.Step();
        }

        double left = method.Loss(step).Outputs["fm"].ToDouble();
        if (relu)
            Assert.True(left >= 1, $"{left}");
        else
            Assert.True(left < 0.01, $"{left}");
    }

    [Theory]
    [InlineData("deit_tiny_patch4_32", null, 2)]
    [InlineData("deit_tiny_patch4_32", true, 3)]
    [InlineData("resnet8", null, 3)]
    [InlineData("resnet8", false, 2)]
    [InlineData("wrn_16_1", null, 3)] // its stages are signed, but not what it pools
    [InlineData("MobileNetV2", null, 3)]
    public void The_ReLU_is_left_out_by_itself_where_the_teachers_vector_has_numbers_below_0(string teacher, bool? relu, int layers)
    {
        using var scope = new TensorScope();
        using Network network = ModelRegistry.Default.Create(teacher, 10), small = ModelRegistry.Default.Create("resnet8", 10);
        NetworkShape ofTeacher = NetworkShape.Of(teacher, network, 32, 32, Device.Cpu), ofStudent = NetworkShape.Of("resnet8", small, 32, 32, Device.Cpu);
        using var method = new SoftmaxRegression(new SoftmaxRegressionOptions { Relu = relu });
        method.Bind(new MethodBinding { Student = ofStudent, Teacher = ofTeacher, Pairs = method.ChooseTaps(ofStudent, ofTeacher) });
        Assert.Equal(layers, ((Sequential)method.NamedModules().Single(module => module.Key == "Connectors").Value).Count);
    }

    [Fact]
    public void Weights_that_are_all_0_are_a_problem()
    {
        Assert.Equal("SrWeight", Assert.Single(new SoftmaxRegressionOptions { FmWeight = 0, SrWeight = 0 }.Validate()).Property);
        Assert.Empty(new SoftmaxRegressionOptions { FmWeight = 0 }.Validate());
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

    private static NetworkShape Pooling(string? map) => new()
    {
        Name = "net", Classes = 10, PooledMap = map,
        Taps = new OrderedDictionary<string, long[]> { ["stage1"] = [4, 8, 8], ["pooled"] = [6], ["pooled.map"] = [6, 8, 8] },
    };

    private static MethodBinding Binding(Linear classifier)
    {
        MethodBinding binding = SampleBinding.Of(([4, 8, 8], [6]));
        return binding with { Teacher = binding.Teacher with { Classifier = classifier } };
    }
}
