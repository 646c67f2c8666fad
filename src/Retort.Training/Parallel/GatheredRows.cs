using Retort.Torch;
using Retort.Torch.Distributed;

namespace Retort.Training.Parallel;

/// <summary>
/// The rows of a whole batch from those that each process has. Where every process computes the same loss of them and counts by its share w
/// of the images, the gradient of its own rows has to be that of the loss / w; no exchange is needed for it.
/// </summary>
internal sealed class GatheredRows(ProcessGroup group, BatchLayout batch) : AutogradFunction
{
    private long[] _shape = [];
    private Device _device;

    /// <inheritdoc/>
    protected override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var scope = new TensorScope();
        Tensor rows = inputs[0];
        (_shape, _device) = (rows.Shape, rows.Device);
        Device place = group.Place(_device);
        Tensor own = ByImage(rows.To(place), batch.Places.Length);
        long missing = batch.Most - own.Size(0);
        if (missing > 0)
            own = Aten.Cat([own, Aten.Zeros([missing, own.Size(1)], own.DType, device: place)], 0);
        Tensor all = Aten.Cat(group.AllGather(own.Contiguous()), 0);
        Tensor whole = all.IndexSelect(0, Tensor.From<long>(batch.Order()).To(place));
        long[] shape = [.. _shape];
        shape[0] = _shape[0] / batch.Places.Length * batch.Images;
        return scope.Keep(whole.View(shape).To(_device));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> saved, Tensor outputGradient)
    {
        if (batch.Counted == 0)
            return [Aten.Zeros(_shape, outputGradient.DType, device: _device)];
        Tensor own = ByImage(outputGradient, batch.Images).IndexSelect(0, Tensor.From<long>(batch.Places).To(_device));
        return [own.View(_shape) / batch.Weight];
    }

    private static Tensor ByImage(Tensor rows, int images) => rows.Contiguous().View([images, -1]);
}
