using Retort.Tests.Support;
using Retort.Torch;
using Retort.Torch.Serialization;
using Retort.Torch.TorchScript;

namespace Retort.Tests.Torch.Serialization;

public sealed class TorchScriptModuleTests
{
    [Fact]
    public void A_scripted_network_runs_and_its_nested_tuple_is_flattened()
    {
        using var scope = new TensorScope();
        using var module = TorchScriptModule.Load(Fixture.Path("scripted.pt"), Device.Cpu);
        module.Eval();
        Tensor x = Tensor.From<float>([1, 2, 3, 4], 1, 4);

        Tensor[] outputs = module.Forward(x);

        Assert.Equal(3, outputs.Length);
        Assert.All(outputs[0].ToArray<float>(), v => Assert.Equal(6, v, 1e-3));
        Assert.Equal([6, 6], outputs[1].ToArray<float>());
        Assert.Equal([1, 2, 3, 4], outputs[2].ToArray<float>());
        Assert.False(module.IsTraining);
    }

    [Fact]
    public void Its_parameters_and_buffers_have_PyTorchs_names()
    {
        using var scope = new TensorScope();
        using var module = TorchScriptModule.Load(Fixture.Path("scripted.pt"), Device.Cpu);
        var state = module.State();
        Assert.Equal(
            ["fc.weight", "fc.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked"], state.Keys);
        Assert.Equal([2, 4], state["fc.weight"].Shape);
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        long before = Collector.LiveTensors();
        using (var scope = new TensorScope())
        using (var module = TorchScriptModule.Load(Fixture.Path("scripted.pt"), Device.Cpu))
        {
            module.Forward(Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8], 2, 4));
            module.State();
        }

        Assert.Equal(before, TorchRuntime.LiveTensors);
    }

    [Fact]
    public void Of_a_dict_every_tensor_is_given()
    {
        using var scope = new TensorScope();
        using var module = TorchScriptModule.Load(Fixture.Path("scripted-dict.pt"), Device.Cpu);
        Assert.Equal([3], Assert.Single(module.Forward(Tensor.From<float>([3], 1))).ToArray<float>());
    }

    [Fact]
    public void Results_that_are_no_tensors_are_refused()
    {
        long before = Collector.LiveTensors();
        using (var scope = new TensorScope())
        using (var module = TorchScriptModule.Load(Fixture.Path("scripted-number.pt"), Device.Cpu))
        {
            var e = Assert.Throws<TorchException>(() => module.Forward(Tensor.From<float>([1], 1)));
            Assert.Contains("returns tensors", e.Message);
        }

        Assert.Equal(before, Collector.LiveTensors());
    }

    [Fact]
    public void Wrong_inputs_are_an_error_and_the_module_still_works()
    {
        using var scope = new TensorScope();
        using var module = TorchScriptModule.Load(Fixture.Path("scripted.pt"), Device.Cpu);
        Assert.Throws<TorchException>(() => module.Forward());
        Assert.Throws<TorchException>(() => module.Forward(Tensor.From<float>([1, 2, 3], 1, 3)));
        module.Eval();
        Assert.Equal(3, module.Forward(Tensor.From<float>([1, 2, 3, 4], 1, 4)).Length);
    }

    [Fact]
    public void Files_that_hold_no_network_are_refused()
    {
        Assert.Contains("it holds no TorchScript network", Assert.Throws<CheckpointException>(() => TorchScriptModule.Load(Fixture.Path("types.pth"), Device.Cpu)).Message);
        Assert.Contains("there is no such file", Assert.Throws<CheckpointException>(() => TorchScriptModule.Load(Fixture.Path("none.pt"), Device.Cpu)).Message);
        using var folder = new TemporaryFolder();
        byte[] bytes = File.ReadAllBytes(Fixture.Path("scripted.pt"));
        bytes.AsSpan(bytes.AsSpan().IndexOf("__torch__"u8), 9).Fill((byte)'%');
        string broken = folder.Write("broken.pt", bytes);
        Assert.Contains("does not load it", Assert.Throws<CheckpointException>(() => TorchScriptModule.Load(broken, Device.Cpu)).Message);
    }

    [Fact]
    public void A_freed_module_says_so()
    {
        var module = TorchScriptModule.Load(Fixture.Path("scripted.pt"), Device.Cpu);
        module.Dispose();
        module.Dispose();
        Assert.Throws<ObjectDisposedException>(() => module.Forward());
    }
}
