using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

public class InitialisationTests
{
    private static readonly JsonElement Cases = Golden.Read("initialisation");

    private static readonly Dictionary<string, Func<Module>> Modules = new()
    {
        ["Linear"] = () => new Linear(7, 5),
        ["Linear without bias"] = () => new Linear(7, 5, bias: false),
        ["Conv2d"] = () => new Conv2d(3, 4, 3),
        ["Conv2d grouped"] = () => new Conv2d(6, 4, (3, 1), groups: 2),
        ["ConvTranspose2d"] = () => new ConvTranspose2d(4, 6, 3, groups: 2),
        ["BatchNorm2d"] = () => new BatchNorm2d(3),
        ["LayerNorm"] = () => new LayerNorm([2, 3]),
        ["GroupNorm"] = () => new GroupNorm(3, 6),
        ["Embedding"] = () => new Embedding(9, 4),
        ["Embedding with padding"] = () => new Embedding(5, 2, paddingIndex: 1),
        ["PReLU"] = () => new PReLU(),
        ["Sequential"] = () => new Sequential(
            new Conv2d(3, 2, 3, bias: false), new BatchNorm2d(2), new ReLU(), new Sequential(new Linear(2, 2), new Linear(2, 3))),
    };

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Fillers = new()
    {
        ["KaimingNormal_"] = t => Init.KaimingNormal_(t),
        ["KaimingNormal_ over fan-out"] = t => Init.KaimingNormal_(t, fanOut: true),
        ["Normal_"] = t => Init.Normal_(t, 0.5, 0.01),
        ["TruncatedNormal_"] = t => Init.TruncatedNormal_(t, 0.2, 0.5, -0.1, 0.6),
    };

    public static TheoryData<string> ModuleNames => [.. Modules.Keys];

    public static TheoryData<string> FillerNames => [.. Fillers.Keys];

    [Fact]
    public void Every_case_is_tested() => Assert.Equal(
        Cases.EnumerateObject().Select(p => p.Name).Order(), Modules.Keys.Concat(Fillers.Keys).Append("Dropout").Order());

    [Theory]
    [MemberData(nameof(ModuleNames))]
    public void The_seed_gives_the_weights_and_the_names_that_it_gives_in_PyTorch(string name)
    {
        using var scope = new TensorScope();
        var expected = Cases.GetProperty(name).Tensors();
        TorchRuntime.Seed(123);
        using Module module = Modules[name]();
        Assert.Equal(expected.Keys, module.State().Select(p => p.Key));
        foreach ((string tensor, Tensor value) in module.State())
            TensorAssert.Close(expected[tensor], value, 1e-7, tensor);
    }

    [Theory]
    [MemberData(nameof(FillerNames))]
    public void The_seed_fills_tensors_as_in_PyTorch(string name)
    {
        using var scope = new TensorScope();
        Tensor tensor = Aten.Empty([4, 3, 2, 2]);
        tensor.RequiresGrad = true; // as a parameter: filling is not recorded
        TorchRuntime.Seed(123);
        Tensor same = Fillers[name](tensor);
        Assert.Same(tensor, same);
        Assert.True(tensor.IsLeaf);
        TensorAssert.Close(Cases.GetProperty(name).Tensor("tensor"), tensor, 1e-6, name);
    }

    [Fact]
    public void Dropout_draws_what_PyTorch_draws()
    {
        using var scope = new TensorScope();
        using var dropout = new Dropout(0.3);
        TorchRuntime.Seed(123);
        TensorAssert.Close(Cases.GetProperty("Dropout").Tensor("tensor"), dropout.Forward(Aten.Ones([5, 7])));
    }

    [Fact]
    public void Constant_fills_a_parameter()
    {
        using var layer = new Linear(2, 3);
        Init.Constant_(layer.Bias!, 0.5);
        Assert.Equal([0.5f, 0.5f, 0.5f], layer.Bias!.ToArray<float>());
    }

    [Fact]
    public void A_vector_has_no_fan()
    {
        using Tensor vector = Aten.Zeros([3]);
        var error = Assert.Throws<ArgumentException>(() => Init.KaimingNormal_(vector));
        Assert.Contains("[3] has no fan", error.Message);
    }
}
