using Retort.Distillation;
using Retort.Distillation.Methods;
using Retort.Distillation.Options;

namespace Retort.Tests.Distillation;

public sealed class MethodRegistryTests
{
    [Fact]
    public void Every_method_of_Retort_is_complete()
    {
        Assert.NotEmpty(MethodRegistry.Default.Entries);
        Assert.All(MethodRegistry.Default.Entries, entry =>
        {
            Assert.Matches("^[a-z][a-z0-9_]*$", entry.Name);
            Assert.All([entry.Title, entry.Paper, entry.Summary], text => Assert.False(string.IsNullOrWhiteSpace(text)));
            using Method method = entry.Create(OptionMapping.Empty, $"distill.{entry.Name}");
            Assert.IsType(entry.Type, method);
            string[] ofTheTerm = ["weight", "warmup_epochs"]; // a recipe has them beside the method's own
            Assert.DoesNotContain(OptionsSchema.Describe(entry.OptionsType), option => ofTheTerm.Contains(option.Key));
            Assert.All(OptionsSchema.Describe(entry.OptionsType), option => Assert.False(string.IsNullOrWhiteSpace(option.Summary), $"{entry.Name}.{option.Key}"));
        });
    }

    [Fact]
    public void Every_term_of_a_students_loss_has_a_usual_weight() => Assert.All(MethodRegistry.Default.Entries, entry =>
    {
        Assert.Equal(entry.TrainsTeacher, entry.Weight is null);
        Assert.InRange(entry.Weight ?? 0, 0, 1e6);
        Assert.InRange(entry.CrossEntropy, 0, 1);
    });

    [Fact]
    public void Options_are_bound_and_the_default_is_the_papers()
    {
        MethodEntry kd = MethodRegistry.Default.Find("kd");
        Assert.Equal(4, Assert.IsType<KnowledgeDistillation>(kd.Create(OptionMapping.Empty, "distill.kd")).Options.Temperature);
        var options = new OptionMapping([new OptionEntry("temperature", "", new OptionScalar("2.5", quoted: false))]);
        Assert.Equal(2.5, Assert.IsType<KnowledgeDistillation>(kd.Create(options, "distill.kd")).Options.Temperature);
    }

    [Theory]
    [InlineData("temprature", "3", "unknown key 'temprature' in 'distill.kd'. Did you mean 'temperature'?")]
    [InlineData("temperature", "hot", "'distill.kd.temperature' is 'hot', but must be a number")]
    [InlineData("temperature", "0", "'distill.kd.temperature' is '0', but must be")]
    public void A_wrong_option_is_named(string key, string value, string part)
    {
        var options = new OptionMapping([new OptionEntry(key, "", new OptionScalar(value, quoted: false))]);
        OptionsException fault = Assert.Throws<OptionsException>(() => MethodRegistry.Default.Find("kd").Create(options, "distill.kd"));
        Assert.Contains(part, fault.Message);
        Assert.True(fault.WrongUse);
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_nearest_one()
    {
        var fault = Assert.Throws<UnknownNameException>(() => new MethodRegistry(typeof(KnowledgeDistillation), typeof(First)).Find("kdd"));
        Assert.Equal("There is no method named \"kdd\". Did you mean 'kd'? `retort list methods` shows all 2.", fault.Message);
    }

    [Fact]
    public void Two_classes_of_one_name_are_refused_with_both() =>
        Assert.Equal(
            $"{typeof(Second)} and {typeof(First)} are both registered as the method \"twin\".",
            Assert.Throws<InvalidOperationException>(() => new MethodRegistry(typeof(First), typeof(Second))).Message);

    [Fact]
    public void A_class_that_is_no_method_is_refused() =>
        Assert.Equal(
            $"{typeof(NoMethod)} has [Method(\"none\")] but does not derive from Method<TOptions>.",
            Assert.Throws<InvalidOperationException>(() => new MethodRegistry(typeof(NoMethod))).Message);

    [Fact]
    public void A_class_that_is_not_made_of_its_options_is_refused() =>
        Assert.Equal(
            $"{typeof(NoConstructor)} is the method \"bare\" but has no public constructor that takes Nothing.",
            Assert.Throws<InvalidOperationException>(() => new MethodRegistry(typeof(NoConstructor))).Message);

    [Fact]
    public void What_a_constructor_objects_to_is_told_as_it_is() =>
        Assert.Equal("not today", Assert.Throws<MethodException>(() => new MethodRegistry(typeof(Reluctant)).Find("no").Create(OptionMapping.Empty, "")).Message);

    [Fact]
    public void Classes_without_the_attribute_are_left_out() => Assert.Empty(new MethodRegistry(typeof(string)).Entries);

    private sealed record Nothing;

    private abstract class Silent(Nothing options) : Method<Nothing>(options)
    {
        public override MethodLoss Loss(StepInput step) => step.StudentLogits.Sum();
    }

    [Method("twin", Title = "", Paper = "", Summary = "")]
    private sealed class First(Nothing options) : Silent(options);

    [Method("twin", Title = "", Paper = "", Summary = "")]
    private sealed class Second(Nothing options) : Silent(options);

    [Method("none", Title = "", Paper = "", Summary = "")]
    private sealed class NoMethod;

    [Method("bare", Title = "", Paper = "", Summary = "")]
    private sealed class NoConstructor() : Silent(new Nothing());

    [Method("no", Title = "", Paper = "", Summary = "")]
    private sealed class Reluctant : Silent
    {
        public Reluctant(Nothing options)
            : base(options) => throw new MethodException("not today");
    }
}
