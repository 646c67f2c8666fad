using Retort.Torch;
using Retort.Torch.Modules;
using Retort.Torch.Networks;
using Retort.Training;
using Retort.Training.Stages;

namespace Retort.Tests.Training.Support;

/// <summary>A stage whose batch norms use what they remember: the statistics of a part of a batch would not be the batch's.</summary>
internal sealed class UnmovedStage : TrainingStage
{
    private readonly TinyStage _inner;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public UnmovedStage(TinyStage inner) => (_inner, Name, NetworkName, Options) = (inner, inner.Name, inner.NetworkName, inner.Options);

    public override IReadOnlyList<KeyValuePair<string, Module>> Learners => _inner.Learners;

    public override Network? Evaluated => _inner.Network;

    public override void SetModes() => _inner.Network.Eval();

    public override StageStep Step(Tensor images, Tensor labels, Tensor indices, Compute compute) => _inner.Step(images, labels, indices, compute);
}
