namespace Retort.Training.Progress;

/// <summary>Training went wrong, and went back to the last good checkpoint with a lower learning rate.</summary>
/// <param name="Epoch">The epoch in which it went wrong, from 1.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Cause">What became no number, as "the loss term "kd"".</param>
/// <param name="Value">What it became: NaN or an infinity.</param>
/// <param name="RateFactor">What the schedule's learning rate is multiplied by since then, above 0 and below 1.</param>
public sealed record Rollback(int Epoch, int Step, string Cause, double Value, double RateFactor);
