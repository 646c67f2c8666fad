using Retort.Distillation;
using Retort.Torch;

namespace Retort.Tests.Distillation.Methods;

/// <summary>A step of random features: 4 samples, those of the student with gradient.</summary>
internal static class SampleStep
{
    public const long Batch = 4;

    public static StepInput For(MethodBinding binding) => new()
    {
        StudentLogits = Aten.Randn([Batch, binding.Student.Classes]),
        TeacherLogits = Aten.Randn([Batch, binding.Teacher.Classes]),
        Features =
        [
            .. binding.Pairs.Select((_, k) => new FeaturePair(
                Learning([Batch, .. binding.StudentShape(k)]), Aten.Randn([Batch, .. binding.TeacherShape(k)]))),
        ],
        Labels = Aten.Zeros([Batch], DType.Int64),
        Indices = Aten.Arange(Batch, DType.Int64),
    };

    public static Tensor Learning(params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Aten.Randn(shape);
        tensor.RequiresGrad = true;
        return tensor;
    }

    public static double Norm(Tensor? tensor) => tensor is null ? 0 : tensor.Norm(2).ToDouble();
}
