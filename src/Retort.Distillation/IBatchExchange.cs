using Retort.Torch;

namespace Retort.Distillation;

/// <summary>
/// What a loss may ask for where several processes train together, each on its share of every batch: the rest of the batch. All of them ask in
/// the same order. Each process's loss counts by its share of the images; the sum over the processes is minimised.
/// </summary>
public interface IBatchExchange
{
    /// <summary>The rows of the whole batch, in its order.</summary>
    /// <param name="rows">[k·N, ...]: k rows of each of this process's N images, those of an image one after another.</param>
    /// <returns>
    /// The same of all images. A loss of it that every process computes alike gives this process's rows, and what only that loss trains, the
    /// gradient that one process with the whole batch would give; owned by the current scope.
    /// </returns>
    Tensor Gather(Tensor rows);

    /// <summary>Makes what libtorch's default generator gives from now on, until the step's end, the same in all processes.</summary>
    void ShareRandomNumbers();
}
