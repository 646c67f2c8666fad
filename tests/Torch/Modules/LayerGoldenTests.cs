using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Modules;

namespace Retort.Tests.Torch.Modules;

public class LayerGoldenTests
{
    private static readonly Dictionary<string, JsonElement> Cases = ((string[])["layers-convolution", "layers-norm", "layers-plain"])
        .SelectMany(file => Golden.Read(file).EnumerateObject()).ToDictionary(p => p.Name, p => p.Value);

    private static readonly Dictionary<string, Func<Layer>> Layers = new()
    {
        ["Linear"] = () => new Linear(5, 3),
        ["Linear without bias"] = () => new Linear(5, 3, bias: false),
        ["Conv2d"] = () => new Conv2d(4, 3, 3, padding: 1),
        ["Conv2d strided"] = () => new Conv2d(4, 3, 3, stride: 2, padding: 1, bias: false),
        ["Conv2d of every option"] = () => new Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2),
        ["Conv2d depthwise"] = () => new Conv2d(4, 4, 3, padding: 1, groups: 4, bias: false),
        ["ConvTranspose2d"] = () => new ConvTranspose2d(4, 3, 3),
        ["ConvTranspose2d of every option"] = () =>
            new ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), 2, true, (1, 2)),
        ["BatchNorm2d"] = () => new BatchNorm2d(4),
        ["BatchNorm2d in evaluation"] = () => new BatchNorm2d(4),
        ["BatchNorm2d cumulative"] = () => new BatchNorm2d(4, momentum: null),
        ["BatchNorm2d with other constants"] = () => new BatchNorm2d(4, epsilon: 1e-2, momentum: 0.3),
        ["BatchNorm2d not affine"] = () => new BatchNorm2d(4, affine: false),
        ["BatchNorm2d without statistics"] = () => new BatchNorm2d(4, trackRunningStats: false),
        ["BatchNorm1d"] = () => new BatchNorm1d(4),
        ["BatchNorm1d of sequences"] = () => new BatchNorm1d(4),
        ["LayerNorm"] = () => new LayerNorm(5),
        ["LayerNorm of two dimensions"] = () => new LayerNorm([3, 5], epsilon: 1e-3),
        ["GroupNorm"] = () => new GroupNorm(2, 4),
        ["GroupNorm not affine"] = () => new GroupNorm(4, 4, affine: false),
        ["Embedding"] = () => new Embedding(7, 3),
        ["Embedding with padding"] = () => new Embedding(4, 3, paddingIndex: 2),
        ["ReLU"] = () => new ReLU(),
        ["LeakyReLU"] = () => new LeakyReLU(0.1),
        ["ReLU6"] = () => new Sequential(new Linear(4, 4), new ReLU6()),
        ["PReLU"] = () => new PReLU(4),
        ["ELU"] = () => new ELU(0.5),
        ["GELU"] = () => new GELU(),
        ["GELU with tanh"] = () => new GELU(approximate: true),
        ["SiLU"] = () => new SiLU(),
        ["Hardswish"] = () => new Hardswish(),
        ["Hardsigmoid"] = () => new Hardsigmoid(),
        ["Sigmoid"] = () => new Sigmoid(),
        ["Tanh"] = () => new Tanh(),
        ["Softplus"] = () => new Softplus(2, 1),
        ["MaxPool2d"] = () => new MaxPool2d(2),
        ["MaxPool2d of every option"] = () => new MaxPool2d((3, 2), (2, 1), (1, 0), (1, 2), ceilMode: true),
        ["AvgPool2d"] = () => new AvgPool2d(2),
        ["AvgPool2d of every option"] = () => new AvgPool2d(3, 2, 1, ceilMode: true, countIncludePad: false),
        ["AdaptiveAvgPool2d"] = () => new AdaptiveAvgPool2d((2, 4)),
        ["AdaptiveMaxPool2d"] = () => new AdaptiveMaxPool2d(3),
        ["Dropout in evaluation"] = () => new Dropout(0.9),
        ["Flatten"] = () => new Flatten(),
        ["Identity"] = () => new Identity(),
        ["Sequential"] = () => new Sequential(
            new Conv2d(4, 2, 1), new BatchNorm2d(2), new ReLU(inPlace: true), new Flatten(), new Linear(30, 2)),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Every_case_has_a_layer_and_every_layer_a_case() => Assert.Equal(Cases.Keys.Order(), Layers.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Output_gradients_and_buffers_are_those_of_PyTorch(string name) => Check(name, MemoryFormat.Contiguous);

    [Theory]
    [MemberData(nameof(Names))]
    public void Channels_last_gives_the_same_numbers(string name)
    {
        if (Cases[name].GetProperty("input").GetProperty("shape").GetArrayLength() == 4 && !name.Contains("Linear"))
            Check(name, MemoryFormat.ChannelsLast);
    }

    private static void Check(string name, MemoryFormat format)
    {
        JsonElement golden = Cases[name];
        using var scope = new TensorScope();
        using Layer layer = Layers[name]();
        layer.LoadState(golden.GetProperty("state").Tensors());
        layer.To(format);
        layer.Train(golden.GetProperty("training").GetBoolean());
        Tensor input = golden.Tensor("input").To(format);
        bool differentiable = input.DType.IsFloatingPoint();
        if (differentiable)
            input.RequiresGrad = true;

        Tensor output = layer.Forward(input);
        for (int pass = 1; pass < golden.GetProperty("passes").GetInt32(); pass++)
            output = layer.Forward(input);
        TensorAssert.Close(golden.Tensor("output"), output, 2e-6, "output");

        float[] cosines = [.. Enumerable.Range(0, (int)output.Count).Select(i => (float)Math.Cos(i))];
        (output * Tensor.From(cosines).View(output.Shape)).Sum().Backward();
        if (differentiable)
            TensorAssert.Close(golden.Tensor("inputGradient"), input.Grad!, 5e-6, "input gradient");
        var gradients = golden.GetProperty("gradients").Tensors();
        var parameters = layer.NamedParameters().ToDictionary(p => p.Key, p => p.Value);
        Assert.Equal(gradients.Keys, parameters.Keys);
        foreach ((string parameter, Tensor gradient) in gradients)
            TensorAssert.Close(gradient, parameters[parameter].Grad!, 5e-6, parameter);
        var buffers = golden.GetProperty("buffersAfter").Tensors();
        var own = layer.NamedBuffers().ToDictionary(p => p.Key, p => p.Value);
        Assert.Equal(buffers.Keys, own.Keys);
        foreach ((string buffer, Tensor value) in buffers)
            TensorAssert.Close(value, own[buffer], 1e-6, buffer);
        foreach (Tensor parameter in parameters.Values)
            parameter.Grad = null;
    }
}
