using Retort.Distillation.Methods;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

public sealed class KnowledgeDistillationTests
{
    private static readonly double[][] Student = [[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]];
    private static readonly double[][] Teacher = [[2.0, 0.0, -1.0], [0.5, 0.5, 4.0]];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(20)]
    public void The_loss_is_the_mean_divergence_of_softened_probabilities_times_the_squared_temperature(double temperature)
    {
        double expected = 0;
        for (int n = 0; n < 2; n++)
        {
            double[] s = Softmax(Student[n], temperature), t = Softmax(Teacher[n], temperature);
            for (int c = 0; c < 3; c++)
                expected += t[c] * Math.Log(t[c] / s[c]);
        }

        using var scope = new TensorScope();
        double loss = KnowledgeDistillation.Divergence(Logits(Student), Logits(Teacher), temperature).ToDouble();
        Assert.Equal(1, loss / (expected / 2 * temperature * temperature), 1e-4);
    }

    [Fact]
    public void A_value_worked_out_by_hand()
    {
        // p_t = (1/2, 1/2), p_s = (3/4, 1/4): KL = ½ ln(2/3) + ½ ln 2 = ½ ln(4/3).
        using var scope = new TensorScope();
        Tensor student = Tensor.From<float>([(float)Math.Log(3), 0], 1, 2), teacher = Tensor.From<float>([0, 0], 1, 2);
        Assert.Equal(0.5 * Math.Log(4.0 / 3), KnowledgeDistillation.Divergence(student, teacher, 1).ToDouble(), 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_gradient_is_temperature_over_batch_times_the_difference_of_probabilities(double temperature)
    {
        using var scope = new TensorScope();
        Tensor student = Logits(Student), teacher = Logits(Teacher);
        student.RequiresGrad = true;
        KnowledgeDistillation.Divergence(student, teacher, temperature).Backward();

        float[] gradient = student.Grad!.ToArray<float>();
        for (int n = 0; n < 2; n++)
        {
            double[] s = Softmax(Student[n], temperature), t = Softmax(Teacher[n], temperature);
            for (int c = 0; c < 3; c++)
                Assert.Equal(temperature / 2 * (s[c] - t[c]), gradient[(n * 3) + c], 1e-5);
        }
    }

    [Fact]
    public void The_gradient_keeps_its_size_when_the_temperature_grows()
    {
        using var scope = new TensorScope();
        Tensor student = Logits(Student), teacher = Logits(Teacher);
        student.RequiresGrad = true;
        double Norm(double temperature)
        {
            student.Grad = null;
            KnowledgeDistillation.Divergence(student, teacher, temperature).Backward();
            return student.Grad!.Norm().ToDouble();
        }

        // At high temperature the gradient tends to (z_s - z_t, both centred) / (B · classes), whatever the temperature.
        Assert.Equal(Norm(200), Norm(1000), 2);
        Assert.True(Norm(1000) > 0.1);
    }

    [Fact]
    public void Equal_logits_cost_nothing_and_a_shift_does_not_count()
    {
        using var scope = new TensorScope();
        Assert.Equal(0, KnowledgeDistillation.Divergence(Logits(Student), Logits(Student) + 7, 4).ToDouble(), 1e-6);
    }

    [Fact]
    public void In_dense_prediction_every_pixel_is_a_prediction()
    {
        using var scope = new TensorScope();
        Tensor student = Aten.Randn([2, 5, 3, 4], DType.Float64), teacher = Aten.Randn([2, 5, 3, 4], DType.Float64);
        static Tensor Rows(Tensor logits) => logits.Permute([0, 2, 3, 1]).Reshape([-1, logits.Size(1)]);
        Assert.Equal(
            KnowledgeDistillation.Divergence(Rows(student), Rows(teacher), 2).ToDouble(),
            KnowledgeDistillation.Divergence(student, teacher, 2).ToDouble(), 12);
    }

    [Fact]
    public void Large_logits_stay_finite()
    {
        using var scope = new TensorScope();
        Assert.True(double.IsFinite(KnowledgeDistillation.Divergence(Logits(Student) * 1e4, Logits(Teacher) * -1e4, 1).ToDouble()));
    }

    private static Tensor Logits(double[][] rows) => Tensor.From<float>([.. rows.SelectMany(r => r).Select(v => (float)v)], rows.Length, rows[0].Length);

    private static double[] Softmax(double[] logits, double temperature)
    {
        double[] powers = [.. logits.Select(z => Math.Exp(z / temperature))];
        return [.. powers.Select(p => p / powers.Sum())];
    }
}
