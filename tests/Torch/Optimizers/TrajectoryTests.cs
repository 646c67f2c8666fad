using System.Text.Json;
using Retort.Torch;
using Retort.Torch.Optimizers;

namespace Retort.Tests.Torch.Optimizers;

/// <summary>Ten steps on given gradients, against torch.optim; the second parameter has no gradient in steps 0 and 4.</summary>
public class TrajectoryTests
{
    private static readonly JsonElement Cases = Golden.Read("optimizers");

    private static readonly Dictionary<string, Func<Tensor[], Optimizer>> Optimizers = new()
    {
        ["Sgd"] = p => new Sgd(p, 0.1),
        ["Sgd with momentum and decay"] = p => new Sgd(p, 0.1, 0.9, weightDecay: 5e-2),
        ["Sgd with dampening"] = p => new Sgd(p, 0.1, 0.9, dampening: 0.4),
        ["Sgd with Nesterov"] = p => new Sgd(p, 0.1, 0.9, weightDecay: 1e-2, nesterov: true),
        ["Sgd with groups"] = p => new Sgd(Groups(p), 0.1, 0.9, weightDecay: 1e-2),
        ["Sgd with changing rate"] = p => new Sgd(p, 0.1, 0.9),
        ["Adam"] = p => new Adam(p, 0.05),
        ["Adam with decay"] = p => new Adam(p, 0.05, 0.8, 0.95, 1e-4, 0.1),
        ["Adam with amsgrad"] = p => new Adam(p, 0.05, amsgrad: true),
        ["AdamW"] = p => new AdamW(p, 0.05, weightDecay: 0.1),
        ["AdamW with groups"] = p => new AdamW(Groups(p), 0.05, weightDecay: 0.1),
        ["RmsPropTf"] = p => new RmsPropTf(p, 0.05),
        ["RmsPropTf with decay"] = p => new RmsPropTf(p, 0.05, 0.8, 0.7, 1e-2, 0.1),
        ["RmsPropTf without momentum"] = p => new RmsPropTf(p, 0.05, momentum: 0),
    };

    public static TheoryData<string> Names => [.. Optimizers.Keys];

    [Fact]
    public void Every_trajectory_is_tested() => Assert.Equal(
        Cases.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object && p.Value.TryGetProperty("steps", out _))
            .Select(p => p.Name).Order(),
        Optimizers.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_steps_follow_PyTorch(string name)
    {
        using var scope = new TensorScope();
        JsonElement golden = Cases.GetProperty(name);
        Tensor[] parameters = Start(golden);
        using Optimizer optimizer = Optimizers[name](parameters);
        for (int step = 0; step < 10; step++)
        {
            Advance(name, optimizer, parameters, step);
            AssertAt(golden, step, parameters);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_restored_state_continues_bit_for_bit(string name)
    {
        using var scope = new TensorScope();
        JsonElement golden = Cases.GetProperty(name);
        Tensor[] parameters = Start(golden);
        using Optimizer optimizer = Optimizers[name](parameters);
        for (int step = 0; step < 6; step++)
            Advance(name, optimizer, parameters, step);

        Tensor[] copies = Array.ConvertAll(parameters, p => p.Detach().Clone());
        foreach (Tensor copy in copies)
            copy.RequiresGrad = true;
        using Optimizer restored = Optimizers[name](copies);
        // Through copies, as a file would make them.
        restored.LoadState(optimizer.State().ToDictionary(p => p.Key, p => p.Value.Clone()));
        for (int step = 6; step < 10; step++)
        {
            Advance(name, optimizer, parameters, step);
            Advance(name, restored, copies, step);
        }

        for (int i = 0; i < copies.Length; i++)
            TensorAssert.Same(parameters[i], copies[i], $"parameter {i}");
        var states = optimizer.State();
        Assert.Equal(states.Keys, restored.State().Keys);
        foreach ((string key, Tensor value) in restored.State())
            TensorAssert.Same(states[key], value, key);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Disposing_frees_the_state_and_a_step_leaves_nothing_else(string name) => TensorAssert.LeavesNothing(() =>
    {
        Tensor[] parameters = Start(Cases.GetProperty(name));
        using (Optimizer optimizer = Optimizers[name](parameters))
        {
            long after = 0;
            for (int step = 0; step < 6; step++)
            {
                using (var scope = new TensorScope())
                {
                    Advance(name, optimizer, parameters, step);
                    optimizer.ZeroGrad();
                }

                // The second parameter's state exists from its first gradient on, in the second step.
                if (step == 1)
                    after = TorchRuntime.LiveTensors;
            }

            Assert.Equal(after, TorchRuntime.LiveTensors);
            // The state lives although the scope of every step is gone.
            using var reading = new TensorScope();
            Assert.All(optimizer.State().Values, t => Assert.False(t.IsDisposed));
        }

        foreach (Tensor parameter in parameters)
            parameter.Dispose();
    });

    private static ParameterGroup[] Groups(Tensor[] p) => [new(p[..2]), new(p[2..], learningRate: 0.03, weightDecay: 0)];

    private static Tensor[] Start(JsonElement golden)
    {
        Tensor[] parameters = [.. golden.GetProperty("start").EnumerateArray().Select(e => e.Tensor())];
        foreach (Tensor parameter in parameters)
            parameter.RequiresGrad = true;
        return parameters;
    }

    private static void Advance(string name, Optimizer optimizer, Tensor[] parameters, int step)
    {
        JsonElement gradients = Cases.GetProperty("gradients")[step];
        for (int i = 0; i < parameters.Length; i++)
            parameters[i].Grad = gradients[i].ValueKind == JsonValueKind.Null ? null : gradients[i].Tensor();
        if (name == "Sgd with changing rate")
            optimizer.ScaleLearningRate(step < 3 ? 1 : step < 6 ? 0.1 : 0.01);
        optimizer.Step();
    }

    private static void AssertAt(JsonElement golden, int step, Tensor[] parameters)
    {
        JsonElement expected = golden.GetProperty("steps")[step];
        for (int i = 0; i < parameters.Length; i++)
            TensorAssert.Close(expected[i].Tensor(), parameters[i], 1e-6, $"parameter {i} after step {step}");
    }
}
