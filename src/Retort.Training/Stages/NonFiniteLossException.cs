namespace Retort.Training.Stages;

/// <summary>A term of the loss became NaN or infinite; training stopped before the weights took it in.</summary>
public sealed class NonFiniteLossException(string stage, string term, double value, int epoch, int step) : RetortException(
    $"The loss term \"{term}\" of the stage \"{stage}\" became {value} in epoch {epoch}, step {step}. The last checkpoint is kept. Lower the "
    + "learning rate (--set train.optimizer.lr=...), limit gradients (--set train.clip_grad_norm=5), or compute in fp32 "
    + "(--set train.precision=fp32).")
{
    /// <summary>The term.</summary>
    public string Term { get; } = term;
}
