using Retort.Vision.Datasets;

namespace Retort.Training.Recipes;

/// <summary>A published data set in a folder, as <c>retort data fetch</c> leaves it there.</summary>
/// <param name="Kind">The recipe's <c>data.kind</c> that reads it.</param>
/// <param name="Files">What its files are called in a sentence.</param>
/// <param name="Options">Reads it.</param>
internal sealed record PublishedData(string Kind, string Files, StoredDataOptions Options)
{
    /// <summary>Tells by the names of its files what a folder holds.</summary>
    /// <returns>Null where it holds none of those that can be told.</returns>
    public static PublishedData? In(string folder) => CifarBinary.ClassesIn(folder) switch
    {
        10 => new("cifar10", "the binaries of CIFAR-10", new Cifar10DataOptions { Path = folder }),
        100 => new("cifar100", "the binaries of CIFAR-100", new Cifar100DataOptions { Path = folder }),
        _ => IdxImages.AreIn(folder) ? new("idx", "IDX files, as MNIST's", new IdxDataOptions { Path = folder }) : null,
    };
}
