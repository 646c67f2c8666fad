namespace Retort.Torch.Serialization;

/// <summary>A part of a storage: all of it, except in the oldest files.</summary>
/// <param name="Block">The storage.</param>
/// <param name="Start">First element.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record PickledStorage(StorageBlock Block, long Start, long Count);
