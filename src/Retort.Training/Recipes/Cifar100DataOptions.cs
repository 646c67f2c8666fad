namespace Retort.Training.Recipes;

/// <summary>CIFAR-100 in its binary form: a folder with <c>train.bin</c> and <c>test.bin</c>.</summary>
public sealed record Cifar100DataOptions : StoredDataOptions;
