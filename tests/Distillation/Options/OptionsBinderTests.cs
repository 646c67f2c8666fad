using System.Text.Json;
using Retort.Distillation.Options;

namespace Retort.Tests.Distillation.Options;

public sealed class OptionsBinderTests
{
    private static OptionNode Json(string json) => OptionNode.FromJson(JsonDocument.Parse(json).RootElement, "case.safetensors: options");

    private static SampleOptions Bind(string json) => OptionsBinder.Bind<SampleOptions>(Json(json), "distill.ft");

    private static string Fault(string json) => Assert.Throws<OptionsException>(() => Bind(json)).Message;

    private static OptionNode Plain(string key, string text, bool quoted = false) =>
        new OptionMapping([new OptionEntry(key, "a.yaml:1:1", new OptionScalar(text, quoted, "a.yaml:1:5"))], "a.yaml:1:1");

    [Fact]
    public void What_is_left_out_keeps_its_default() => Assert.Equal(new SampleOptions().Temperature, Bind("{}").Temperature);

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var options = Bind("""
            {"temperature":4.5,"rate":1,"nce_k":8,"seed":9007199254740993,"p":2,"variant":"repdistiller","kl_direction":"teacher_student",
             "margin":2.5,"nesterov":false,"taps":["a","b"],"betas":[0,0.5],"inner":{"depth":3},"sigma2":0.25}
            """);
        Assert.Equal(4.5, options.Temperature);
        Assert.Equal(1.0, options.Rate);
        Assert.Equal(8, options.NceK);
        Assert.Equal(9007199254740993, options.Seed);
        Assert.Equal(2, options.P);
        Assert.Equal("repdistiller", options.Variant);
        Assert.Equal(SampleDirection.TeacherStudent, options.KlDirection);
        Assert.Equal(2.5, options.Margin);
        Assert.Equal(["a", "b"], options.Taps);
        Assert.Equal(new ValueList<double>([0, 0.5]), options.Betas);
        Assert.Equal(3, options.Inner.Depth);
        Assert.Equal(0.25, options.Sigma2.Value);
    }

    [Theory]
    [InlineData("""{"nce_k":16384.0}""", 16384)]
    [InlineData("""{"nce_k":1.6384e4}""", 16384)]
    public void A_whole_number_of_JSON_may_be_written_with_a_point(string json, int expected) => Assert.Equal(expected, Bind(json).NceK);

    [Fact]
    public void Null_is_allowed_where_the_option_may_be_nothing() => Assert.Null(Bind("""{"margin":null}""").Margin);

    [Fact]
    public void An_unknown_key_is_refused_with_the_nearest_known_one() => Assert.Equal(
        "case.safetensors: options: unknown key 'temprature' in 'distill.ft'. Did you mean 'temperature'? Known keys: temperature, rate, nce_k, "
        + "seed, p, variant, kl_direction, margin, nesterov, taps, betas, inner, sigma2.",
        Fault("""{"temprature":4}"""));

    [Theory]
    [InlineData("""{"temperature":"4"}""", "'distill.ft.temperature' is the text \"4\", but must be a number above 0 and at most 1000.")]
    [InlineData("""{"temperature":0}""", "'distill.ft.temperature' is '0', but must be a number above 0 and at most 1000.")]
    [InlineData("""{"temperature":null}""", "'distill.ft.temperature' is empty, but must be a number above 0 and at most 1000.")]
    [InlineData("""{"temperature":[4]}""", "'distill.ft.temperature' is a list, but must be a number above 0 and at most 1000.")]
    [InlineData("""{"rate":1.4}""", "'distill.ft.rate' is '1.4', but must be a number between 0 and 1.")]
    [InlineData("""{"nce_k":0}""", "'distill.ft.nce_k' is '0', but must be a whole number of at least 1.")]
    [InlineData("""{"nce_k":1.5}""", "'distill.ft.nce_k' is '1.5', but must be a whole number of at least 1.")]
    [InlineData("""{"nce_k":4294967296}""", "'distill.ft.nce_k' is '4294967296', but must be a whole number of at least 1.")]
    [InlineData("""{"p":3}""", "'distill.ft.p' is '3', but must be one of 1, 2.")]
    [InlineData("""{"variant":"offical"}""", "'distill.ft.variant' is 'offical', but must be one of official, repdistiller. Did you mean 'official'?")]
    [InlineData("""{"kl_direction":"student"}""", "'distill.ft.kl_direction' is 'student', but must be one of student_teacher, teacher_student. Did you mean 'student_teacher'?")]
    [InlineData("""{"nesterov":1}""", "'distill.ft.nesterov' is '1', but must be true or false.")]
    [InlineData("""{"taps":"stage1"}""", "'distill.ft.taps' is 'stage1', but must be a list of 1 or more texts.")]
    [InlineData("""{"taps":[]}""", "'distill.ft.taps' is a list, but must be a list of 1 or more texts.")]
    [InlineData("""{"betas":[0.9]}""", "'distill.ft.betas' is a list, but must be a list of 2 numbers of at least 0 and below 1.")]
    [InlineData("""{"betas":[0.9,true]}""", "'distill.ft.betas.1' is 'true', but must be a number of at least 0 and below 1.")]
    [InlineData("""{"inner":3}""", "'distill.ft.inner' is '3', but must be a mapping.")]
    [InlineData("""{"sigma2":"median"}""", "'distill.ft.sigma2' is 'median', but must be a number or 'mean'.")]
    [InlineData("""{"p":1,"p":2}""", "'distill.ft.p' is given twice: keep one of them.")]
    [InlineData("""{"rate":0.9,"nesterov":true}""", "'distill.ft.rate' must be at most 0.8 with 'nesterov'.")]
    public void A_wrong_value_is_refused_with_what_is_allowed(string json, string sentence) =>
        Assert.Equal($"case.safetensors: options: {sentence}", Fault(json));

    [Theory]
    [InlineData("temperature", "5e-4", false, true)]
    [InlineData("temperature", "5.0E+2", false, true)]
    [InlineData("temperature", ".5", false, true)]
    [InlineData("temperature", "abc", false, false)]
    [InlineData("temperature", "1_0", false, false)]
    [InlineData("temperature", "1,5", false, false)]
    [InlineData("temperature", " 5", false, false)]
    [InlineData("temperature", ".inf", false, false)]
    [InlineData("temperature", ".nan", false, false)]
    [InlineData("temperature", "1e999", false, false)]
    [InlineData("nce_k", "1", false, true)]
    [InlineData("nce_k", "+7", false, true)]
    [InlineData("nce_k", "1", true, false)]
    [InlineData("nce_k", "1.0", false, false)]
    [InlineData("nce_k", "0x10", false, false)]
    [InlineData("nesterov", "True", false, true)]
    [InlineData("nesterov", "yes", false, false)]
    [InlineData("nesterov", "true", true, false)]
    public void Plain_text_means_what_it_means_in_the_core_schema_of_YAML(string key, string text, bool quoted, bool good)
    {
        var failure = Record.Exception(() => OptionsBinder.Bind<SampleOptions>(Plain(key, text, quoted)));
        Assert.Equal(good, failure is null);
        Assert.True(failure is null or OptionsException, $"{failure}");
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var failure = Assert.Throws<OptionsException>(() => Bind("""{"temperature":-1,"nce_k":"x","inner":{"dept":1}}"""));
        Assert.Equal(["distill.ft.temperature", "distill.ft.nce_k", "distill.ft.inner.dept"], failure.Faults.Select(f => f.Key));
        Assert.Equal(["depth"], failure.Faults[2].Suggestions);
        Assert.StartsWith(
            """
            3 options are wrong:
              case.safetensors: options: 'distill.ft.temperature' is '-1', but must be a number above 0 and at most 1000.
              case.safetensors: options: 'distill.ft.nce_k' is 'x', but must be a whole number of at least 1.
              case.safetensors: options: unknown key 'dept' in 'distill.ft.inner'. Did you mean 'depth'? Known keys: depth.
            """,
            failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_is_written_binds_to_an_equal_one()
    {
        var options = new SampleOptions { Temperature = 1e-7, Seed = long.MaxValue, Margin = 1, KlDirection = SampleDirection.TeacherStudent, Sigma2 = new(0.1) };
        var again = OptionsBinder.Bind<SampleOptions>(OptionsWriter.Write(options));
        Assert.Equal(options with { Taps = again.Taps }, again);
        Assert.Equal(options.Taps, again.Taps);
    }

    [Fact]
    public void The_options_of_a_type_are_listed_with_type_default_and_summary()
    {
        var options = OptionsSchema.Describe(typeof(SampleOptions)).ToDictionary(o => o.Key);
        Assert.Equal("a whole number of at least 1", options["nce_k"].Allowed);
        Assert.Equal("16384", options["nce_k"].DefaultText);
        Assert.Equal("[0.9, 0.999]", options["betas"].DefaultText);
        Assert.Equal("none", options["margin"].DefaultText);
        Assert.Equal("student_teacher", options["kl_direction"].DefaultText);
        Assert.Equal("depth", Assert.Single(options["inner"].Options).Key);
    }
}
