using Retort.Distillation;
using Retort.Distillation.Options;
using Retort.Tests.Torch;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

/// <summary>What a method needs to be tested by itself: steps, bindings, random features and gradients by finite differences.</summary>
internal static class MethodBench
{
    /// <summary>Features of a fixed seed, float64.</summary>
    public static Tensor Random(int seed, params long[] shape)
    {
        TorchRuntime.Seed(seed);
        return Aten.Randn(shape, DType.Float64);
    }

    /// <summary>The same in float32.</summary>
    public static Tensor RandomSingle(int seed, params long[] shape) => Random(seed, shape).To(DType.Float32);

    public static StepInput Step(params FeaturePair[] features) => Step(Aten.Zeros([2, 2]), Aten.Zeros([2, 2]), null, features);

    public static StepInput Step(Tensor student, Tensor teacher, Tensor? labels = null, params FeaturePair[] features) => new()
    {
        StudentLogits = student,
        TeacherLogits = teacher,
        Features = features,
        Labels = labels ?? Aten.Zeros([student.Size(0)], DType.Int64),
        Indices = Aten.Arange(student.Size(0), DType.Int64),
    };

    /// <summary>Two networks whose taps "0", "1", ... have these shapes, student first.</summary>
    public static MethodBinding Binding(params (long[] Student, long[] Teacher)[] shapes) => new()
    {
        Student = Network("small", [.. shapes.Select(s => s.Student)]),
        Teacher = Network("large", [.. shapes.Select(s => s.Teacher)]),
        Pairs = [.. shapes.Select((_, i) => new TapPair($"{i}", $"{i}"))],
    };

    /// <summary>What a recipe says of a method: "kernel=gaussian sigma2=0.5".</summary>
    public static OptionMapping Options(string options) => new(
    [
        .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('='))
            .Select(option => new OptionEntry(option[0], "", new OptionScalar(option[1], quoted: false))),
    ]);

    public static double Value(this Method method, StepInput step) => method.Loss(step).Value.ToDouble();

    /// <summary>The gradient of a function at a point.</summary>
    public static Tensor GradientAt(this Func<Tensor, Tensor> function, Tensor x)
    {
        Tensor leaf = x.Clone();
        leaf.RequiresGrad = true;
        function(leaf).Backward();
        return leaf.Grad ?? leaf.ZerosLike();
    }

    /// <summary>Compares a gradient, in float64, with central differences.</summary>
    public static void CheckGradient(Func<Tensor, Tensor> function, Tensor x, double step = 1e-5, double tolerance = 1e-7)
    {
        double[] values = x.ToArray<double>();
        double At(int i, double change)
        {
            double[] moved = [.. values];
            moved[i] += change;
            return function(Tensor.From<double>(moved, x.Shape)).ToDouble();
        }

        double[] differences = [.. values.Select((_, i) => (At(i, step) - At(i, -step)) / (2 * step))];
        TensorAssert.Close(Tensor.From<double>(differences, x.Shape), function.GradientAt(x), tolerance);
    }

    private static NetworkShape Network(string name, long[][] shapes) => new()
    {
        Name = name,
        Classes = 10,
        Taps = new OrderedDictionary<string, long[]>(shapes.Select((shape, i) => KeyValuePair.Create($"{i}", shape))),
    };
}
