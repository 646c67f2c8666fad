namespace Retort.Tests.Training.Verification;

/// <summary>A case of softened KL divergence whose figures are computed here, in plain arithmetic.</summary>
internal static class KdCase
{
    private const int Rows = 3, Classes = 4;

    /// <summary>Makes the case.</summary>
    /// <param name="options">As JSON.</param>
    /// <param name="kind">What the case calls itself.</param>
    /// <param name="method">The method it names.</param>
    /// <param name="extra">More of the description, from the comma.</param>
    public static CaseFile Make(string options = """{"temperature": 2.0}""", string kind = "loss", string method = "kd", string extra = "")
    {
        const double temperature = 2;
        float[] student = new float[Rows * Classes], teacher = new float[Rows * Classes], gradient = new float[Rows * Classes];
        for (int i = 0; i < student.Length; i++)
            (student[i], teacher[i]) = ((float)Math.Sin(3 * i), (float)Math.Cos(5 * i));
        double loss = 0;
        for (int row = 0; row < Rows; row++)
        {
            double[] p = Softmax(teacher, row, temperature), q = Softmax(student, row, temperature);
            for (int c = 0; c < Classes; c++)
            {
                loss += temperature * temperature / Rows * p[c] * Math.Log(p[c] / q[c]);
                gradient[(row * Classes) + c] = (float)(temperature / Rows * (q[c] - p[c]));
            }
        }

        return new CaseFile($$"""{"kind": "{{kind}}", "method": "{{method}}", "options": {{options}}, "tolerance": {"loss": 1e-5, "grad": 1e-4}{{extra}}}""")
            .With("student.logits", student, Rows, Classes).With("teacher.logits", teacher, Rows, Classes)
            .WithFigures("expect.loss", loss).With("expect.grad.student.logits", gradient, Rows, Classes);
    }

    private static double[] Softmax(float[] logits, int row, double temperature)
    {
        double[] powers = new double[Classes];
        for (int c = 0; c < Classes; c++)
            powers[c] = Math.Exp(logits[(row * Classes) + c] / temperature);
        double sum = powers.Sum();
        return Array.ConvertAll(powers, power => power / sum);
    }
}
