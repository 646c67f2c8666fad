using Retort.Torch;
using Retort.Training;
using Retort.Training.Recipes;

namespace Retort.Tests.Training;

public sealed class ComputeTests
{
    [Fact]
    public void A_precision_that_is_named_is_taken()
    {
        Assert.Equal(DType.Float32, Compute.Choose(Precision.Fp32, Device.Cpu).Type);
        Assert.Equal(DType.BFloat16, Compute.Choose(Precision.Bf16, Device.Cpu).Type);
        Assert.Equal("bf16 on cpu", Compute.Choose(Precision.Bf16, Device.Cpu).ToString());
        Assert.Equal("fp32 on cpu", Compute.Plain.ToString());
    }

    [Fact]
    public void Auto_is_bf16_exactly_where_the_processor_computes_in_it()
    {
        const string processors = "/proc/cpuinfo";
        string flags = File.Exists(processors) ? $" {File.ReadAllText(processors).Replace('\n', ' ')} " : "";
        bool native = flags.Contains(" avx512_bf16 ", StringComparison.Ordinal) || flags.Contains(" amx_bf16 ", StringComparison.Ordinal)
            || flags.Contains(" bf16 ", StringComparison.Ordinal);
        Assert.Equal(native ? DType.BFloat16 : DType.Float32, Compute.Choose(Precision.Auto, Device.Cpu).Type);
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused()
    {
        int there = TorchRuntime.CudaDevices;
        RetortException fault = Assert.Throws<RetortException>(() => Compute.Choose(Precision.Fp32, new Device(DeviceType.Cuda, there)));
        Assert.True(fault.WrongUse);
        Assert.Contains(there == 0 ? "finds no CUDA device" : $"There is no device cuda:{there}", fault.Message);
    }

    [Fact]
    public void Convolutions_and_products_run_in_the_format_inside_and_no_longer_outside()
    {
        using var scope = new TensorScope();
        Tensor a = Aten.Ones([2, 3]), b = Aten.Ones([3, 2]);
        using (Compute.Choose(Precision.Bf16, Device.Cpu).Enter())
            Assert.Equal(DType.BFloat16, a.Matmul(b).DType);
        Assert.Equal(DType.Float32, a.Matmul(b).DType);
    }
}
