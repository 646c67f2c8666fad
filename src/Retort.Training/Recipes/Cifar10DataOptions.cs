namespace Retort.Training.Recipes;

/// <summary>CIFAR-10 in its binary form: a folder with <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>.</summary>
public sealed record Cifar10DataOptions : StoredDataOptions;
