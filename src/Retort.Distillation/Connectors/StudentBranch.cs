using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Distillation.Connectors;

/// <summary>
/// A branch of a student on a teacher's map: the map is brought to the shape that the student has at a tap, and what the student runs
/// behind that tap makes logits of it. All of its weights are its own.
/// </summary>
internal sealed class StudentBranch : Layer
{
    private readonly Sequential _transform;
    private readonly NetworkTail _student;

    /// <summary>Takes over the parts.</summary>
    /// <param name="transform">From the teacher's shape to the student's.</param>
    /// <param name="student">Behind the tap.</param>
    public StudentBranch(Sequential transform, NetworkTail student)
    {
        _transform = Add("transform", transform);
        _student = Add("student", student);
    }

    /// <inheritdoc/>
    /// <remarks>Input [N, C, H, W] of the teacher, output [N, classes].</remarks>
    public override Tensor Forward(Tensor input)
    {
        using Tensor map = _transform.Forward(input);
        return _student.Forward(map);
    }
}
