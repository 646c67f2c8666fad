// Libtorch's seed, thread count and grad mode are state of the process or the thread: tests run one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
