using Retort.Distillation;
using Retort.Onnx;
using Retort.Torch;
using Retort.Torch.Graphs;
using Retort.Torch.Modules;
using Retort.Torch.Networks;

namespace Retort.Tests.Torch.Modules;

public sealed class EvaluationModeTests
{
    [Fact]
    public void What_measures_a_network_leaves_each_of_its_modules_in_its_own_mode()
    {
        using var network = new Partly();
        Looks(network, Run);

        static void Run(Action look) => look();
    }

    [Fact]
    public void Also_when_the_network_fails()
    {
        using var network = new Partly { Fails = true };
        Looks(network, look => Assert.Throws<InvalidOperationException>(look));
    }

    private static void Looks(Partly network, Action<Action> run)
    {
        Action<Network>[] looks =
        [
            it => NetworkCost.Measure(it, 4, 4, Device.Cpu),
            it => NetworkShape.Of("it", it, 4, 4, Device.Cpu),
            it => GraphTracer.Trace(it, new HashSet<string>(), 4, 4, Device.Cpu).Dispose(),
            it => OnnxExporter.Export(it, 4, 4, new ExportOptions(), Stream.Null),
        ];
        foreach (Action<Network> look in looks)
        {
            network.Train();
            network.Frozen.Eval();
            run(() => look(network));
            Assert.True(network.IsTraining);
            Assert.True(network.Free.IsTraining);
            Assert.False(network.Frozen.IsTraining);
            Assert.False(network.Frozen[0].IsTraining);
        }
    }

    /// <summary>In training, but for a part of it.</summary>
    private sealed class Partly : Network
    {
        public Partly() => (Frozen, Free) = (Add("frozen", new Sequential(new BatchNorm2d(3))), Add("free", new BatchNorm2d(3)));

        public Sequential Frozen { get; }

        public BatchNorm2d Free { get; }

        public bool Fails { get; init; }

        public override int Classes => 3;

        public override IReadOnlyList<string> TapNames => [];

        public override NetworkOutput Forward(Tensor images, IReadOnlySet<string> taps)
        {
            Assert.DoesNotContain(NamedModules(), entry => entry.Value.IsTraining);
            return Fails ? throw new InvalidOperationException() : new(Free.Forward(Frozen.Forward(images)).Mean([2, 3]), new Dictionary<string, Tensor>());
        }
    }
}
