namespace Retort.Training.Stages;

/// <summary>A term of the loss, or the weights, became NaN or infinite; what is on the disk has not taken it in.</summary>
public sealed class NonFiniteLossException : RetortException
{
    internal NonFiniteLossException(string stage, string? term, double value, int epoch, int step, string? checkpoint, int rollbacks)
        : base(
            $"{Sentence(CauseOf(term))} of the stage \"{stage}\" became {value} in epoch {epoch}, step {step}. "
            + (checkpoint is null ? "The stage has no checkpoint yet. " : $"The last good checkpoint is {checkpoint}. ")
            + (rollbacks > 0
                ? $"Training went back to it {rollbacks} times already (train.max_rollbacks). "
                : "Let the run go back by itself and on at a lower rate (--resume --on-nan rollback), or begin anew: ")
            + $"{(rollbacks > 0 ? "L" : "l")}ower the learning rate (--set train.optimizer.lr=...), limit gradients (--set train.clip_grad_norm=5), or compute "
            + "in fp32 (--set train.precision=fp32).") =>
        (Term, Cause, Value, Epoch, Step) = (term, CauseOf(term), value, epoch, step);

    /// <summary>The term; null where the loss was finite, but the step made the weights no numbers.</summary>
    public string? Term { get; }

    /// <summary>What became no number.</summary>
    public string Cause { get; }

    /// <summary>What it became.</summary>
    public double Value { get; }

    /// <summary>The epoch, from 1.</summary>
    public int Epoch { get; }

    /// <summary>The step, from 1.</summary>
    public int Step { get; }

    private static string CauseOf(string? term) => term is null ? "the weights" : $"the loss term \"{term}\"";

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
