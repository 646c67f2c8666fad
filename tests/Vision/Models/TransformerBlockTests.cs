using Retort.Tests.Torch;
using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Vision.Models;

namespace Retort.Tests.Vision.Models;

public sealed class TransformerBlockTests
{
    private const int Tokens = 3, Width = 6, Heads = 2, HeadWidth = Width / Heads;

    [Fact]
    public void A_block_is_its_equations_computed_by_hand_on_a_few_numbers()
    {
        using var scope = new TensorScope();
        TorchRuntime.Seed(4);
        using var block = new TransformerBlock(Width, Heads);
        block.To(DType.Float64);
        Dictionary<string, double[][]> weights = [];
        foreach ((string name, Tensor parameter) in block.NamedParameters())
        {
            Init.Normal_(parameter, 0, 0.7);
            weights[name] = Rows(parameter.Detach());
        }

        using var noGrad = GradMode.Disable();
        Tensor input = Aten.Randn([2, Tokens, Width], DType.Float64);
        Tensor output = block.Forward(input);
        for (int sample = 0; sample < 2; sample++)
        {
            double[][] x = Rows(input[sample]);
            double[][] middle = Sum(x, Attention(Norm(x, weights, "norm1"), weights));
            double[][] hidden = Map(Norm(middle, weights, "norm2"), weights, "mlp.fc1");
            double[][] expected = Sum(middle, Map([.. hidden.Select(row => row.Select(Gelu).ToArray())], weights, "mlp.fc2"));
            TensorAssert.Close(Tensor.From<double>([.. expected.SelectMany(row => row)], [Tokens, Width]), output[sample], 1e-12);
        }
    }

    private static double[][] Attention(double[][] x, Dictionary<string, double[][]> weights)
    {
        double[][] qkv = Map(x, weights, "attn.qkv"); // queries of all heads, then keys, then values
        double[][] joined = [.. x.Select(_ => new double[Width])];
        for (int head = 0; head < Heads; head++)
        {
            for (int i = 0; i < Tokens; i++)
            {
                double[] Part(int token, int which) => qkv[token][((which * Width) + (head * HeadWidth))..][..HeadWidth];
                double[] scores = [.. Enumerable.Range(0, Tokens).Select(j => Math.Exp(Dot(Part(i, 0), Part(j, 1)) / Math.Sqrt(HeadWidth)))];
                for (int j = 0; j < Tokens; j++)
                {
                    for (int d = 0; d < HeadWidth; d++)
                        joined[i][(head * HeadWidth) + d] += scores[j] / scores.Sum() * Part(j, 2)[d];
                }
            }
        }

        return Map(joined, weights, "attn.proj");
    }

    private static double[][] Norm(double[][] x, Dictionary<string, double[][]> weights, string name) =>
    [
        .. x.Select(row =>
        {
            double mean = row.Average(), deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-6);
            return row.Select((v, i) => ((v - mean) / deviation * weights[name + ".weight"][0][i]) + weights[name + ".bias"][0][i]).ToArray();
        }),
    ];

    private static double[][] Map(double[][] x, Dictionary<string, double[][]> weights, string name) =>
        [.. x.Select(row => weights[name + ".weight"].Select((w, i) => Dot(row, w) + weights[name + ".bias"][0][i]).ToArray())];

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (p, q) => p + q).ToArray())];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>x Φ(x), by Φ(x) = ½ + φ(x) (x + x³/3 + x⁵/15 + ...).</summary>
    private static double Gelu(double x)
    {
        double term = x, sum = 0;
        for (int n = 1; n < 400; n += 2)
        {
            sum += term;
            term *= x * x / (n + 2);
        }

        return x * (0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)));
    }

    private static double[][] Rows(Tensor tensor) =>
        [.. tensor.ToArray<double>().Chunk((int)tensor.Size(-1))];
}
