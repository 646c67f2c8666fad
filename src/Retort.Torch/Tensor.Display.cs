using System.Text;

namespace Retort.Torch;

/// <content>Tensors as text.</content>
public sealed partial class Tensor
{
    private const int Edge = 3;
    private const int MostElements = 1000;

    /// <summary>Type, shape and device in a few words: "Float32[64, 3, 32, 32] on cpu".</summary>
    public string Describe()
    {
        if (IsDisposed)
            return "a tensor that was freed";
        return IsDefined ? $"{DType}[{string.Join(", ", Shape)}] on {Device}" : "an undefined tensor";
    }

    /// <summary>The description and the values; of more than 1000 elements only the first and last three along each dimension.</summary>
    public override string ToString()
    {
        if (IsDisposed || !IsDefined)
            return Describe();
        using var noGrad = GradMode.Disable();
        using var scope = new TensorScope();
        double[] values = Detach().To(Device.Cpu).To(DType.Float64).ToArray<double>();
        bool whole = !DType.IsFloatingPoint();
        var text = new StringBuilder(Describe());
        Append(text.Append(Rank == 0 ? ": " : ":\n"), values, Shape, dim: 0, offset: 0, values.Length > MostElements, whole);
        return text.ToString();
    }

    private static void Append(StringBuilder text, double[] values, long[] shape, int dim, long offset, bool shorten, bool whole)
    {
        if (dim == shape.Length)
        {
            text.Append(whole ? ((long)values[offset]).ToString() : values[offset].ToString("0.####;-0.####;0"));
            return;
        }

        long stride = 1;
        for (int d = dim + 1; d < shape.Length; d++)
            stride *= shape[d];
        text.Append('[');
        for (long i = 0; i < shape[dim]; i++)
        {
            if (i > 0)
                text.Append(dim == shape.Length - 1 ? ", " : ",\n" + new string(' ', dim + 1));
            if (shorten && shape[dim] > 2 * Edge && i == Edge)
            {
                text.Append("...");
                i = shape[dim] - Edge - 1;
                continue;
            }

            Append(text, values, shape, dim + 1, offset + (i * stride), shorten, whole);
        }

        text.Append(']');
    }
}
