using Retort.Torch;

namespace Retort.Tests.Torch;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Waiting_for_a_GPU_that_is_not_there_takes_no_time() => TorchRuntime.Synchronize();

    [Fact]
    public void Memory_of_a_GPU_that_is_not_there_is_refused_with_their_number()
    {
        int devices = TorchRuntime.CudaDevices;
        TorchException error = Assert.Throws<TorchException>(() => TorchRuntime.GpuMemory(new Device(DeviceType.Cuda, devices)));
        Assert.Contains($"there is no CUDA device {devices} among {devices}", error.Message);
    }

    [Fact]
    public void A_handler_of_warnings_that_throws_ends_neither_the_operator_nor_the_process()
    {
        using var scope = new TensorScope();
        List<string> heard = [];
        Action<string>? before = TorchRuntime.Warning;
        TorchRuntime.Warning = text =>
        {
            heard.Add(text);
            throw new InvalidOperationException("of the handler");
        };
        try
        {
            Tensor bytes = Aten.Ones([2], DType.UInt8); // as a mask it is deprecated
            Assert.Equal([7f, 7f], Aten.Zeros([2]).MaskedFill(bytes, 7).ToArray<float>());
        }
        finally
        {
            TorchRuntime.Warning = before;
        }

        Assert.Contains(heard, text => text.Contains("uint8", StringComparison.Ordinal));
    }
}
