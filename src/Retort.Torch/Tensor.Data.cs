using Retort.Torch.Native;

namespace Retort.Torch;

/// <content>Between tensors and managed memory.</content>
public sealed unsafe partial class Tensor
{
    /// <summary>A new CPU tensor with a copy of the values.</summary>
    /// <param name="values">In row-major order.</param>
    /// <param name="shape">Lengths of the dimensions; their product is the number of values. [] makes a scalar.</param>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        long count = 1;
        bool possible = true;
        foreach (long length in shape)
        {
            count *= length;
            possible &= length >= 0;
        }

        if (count != values.Length || !possible)
            throw new ArgumentException($"{values.Length} values do not fill the shape [{string.Join(", ", shape.ToArray())}].", nameof(shape));
        Tensor tensor = Aten.Empty(shape, DTypes.Of<T>());
        values.CopyTo(tensor.DenseSpan<T>());
        return tensor;
    }

    /// <summary>A new 1-dimensional CPU tensor with a copy of the values.</summary>
    public static Tensor From<T>(ReadOnlySpan<T> values)
        where T : unmanaged => From(values, [values.Length]);

    /// <summary>A new 0-dimensional CPU tensor.</summary>
    public static Tensor FromValue<T>(T value)
        where T : unmanaged => From([value], []);

    /// <summary>
    /// The elements where they lie, in the order in which they lie (row-major, or NHWC for channels-last): no copy. Valid while the
    /// tensor lives. Writing does not tell autograd: write only into tensors that were just made.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not on the CPU, of another element type, or with gaps between the elements.</exception>
    public Span<T> DenseSpan<T>()
        where T : unmanaged
    {
        TensorInfo info = Info();
        if (info.DType != (int)DTypes.Of<T>())
            throw new InvalidOperationException($"{this.Describe()} does not hold {typeof(T).Name}.");
        if (info.DeviceType != (int)DeviceType.Cpu)
            throw new InvalidOperationException($"{this.Describe()} is not on the CPU: use To(Device.Cpu) first.");
        if (info.IsContiguous == 0 && info.IsChannelsLast == 0)
            throw new InvalidOperationException($"{this.Describe()} is a strided view: use Contiguous() first.");
        OperatorObserver.Current?.Reached(Handle);
        return new Span<T>(info.Data, checked((int)info.Numel));
    }

    /// <summary>Bytes of the elements where they lie, of any type, for files: no copy. Valid while the tensor lives.</summary>
    /// <param name="start">First byte; tensors may be longer than a span.</param>
    /// <param name="length">Number of bytes.</param>
    public Span<byte> DenseBytes(long start, int length)
    {
        TensorInfo info = Info();
        if (info.DeviceType != (int)DeviceType.Cpu || (info.IsContiguous == 0 && info.IsChannelsLast == 0))
            throw new InvalidOperationException($"{this.Describe()} does not lie in CPU memory without gaps.");
        if (start < 0 || length < 0 || start > (info.Numel * DTypes.Size((DType)info.DType)) - length)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"{length} bytes from there are not all of {this.Describe()}.");
        OperatorObserver.Current?.Reached(Handle);
        return new Span<byte>((byte*)info.Data + start, length);
    }

    /// <summary>A copy of the elements in row-major order; converts nothing.</summary>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        T[] result = GC.AllocateUninitializedArray<T>(checked((int)Count));
        CopyTo<T>(result);
        return result;
    }

    /// <summary>Copies the elements in row-major order.</summary>
    /// <exception cref="ArgumentException">The span is shorter than the tensor.</exception>
    public void CopyTo<T>(Span<T> destination)
        where T : unmanaged
    {
        TensorInfo info = Info();
        if (info.IsContiguous != 0 && info.DeviceType == (int)DeviceType.Cpu)
        {
            DenseSpan<T>().CopyTo(destination);
            GC.KeepAlive(this);
            return;
        }

        using Tensor cpu = To(Device.Cpu);
        using Tensor dense = cpu.Contiguous();
        dense.DenseSpan<T>().CopyTo(destination);
    }

    /// <summary>The one element, as <typeparamref name="T"/>'s value.</summary>
    /// <exception cref="InvalidOperationException">The tensor has more than one element, or another type.</exception>
    public T Item<T>()
        where T : unmanaged
    {
        if (Count != 1)
            throw new InvalidOperationException($"{this.Describe()} has {Count} elements, not one.");
        T value = default;
        CopyTo(new Span<T>(ref value));
        return value;
    }

    /// <summary>The one element of a tensor of any type, as a double.</summary>
    public double ToDouble()
    {
        using Tensor wide = To(DType.Float64);
        return wide.Item<double>();
    }

    /// <summary>This tensor on a device, without a copy when it is there already.</summary>
    public Tensor To(Device device) => To(device, DType);

    /// <summary>This tensor with another element type, without a copy when it has that one.</summary>
    public Tensor To(DType type) => To(type, nonBlocking: false);

    /// <summary>This tensor in another memory order, without a copy when it lies so already.</summary>
    public Tensor To(MemoryFormat format) => Contiguous(format);
}
