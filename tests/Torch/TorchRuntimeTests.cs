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
}
