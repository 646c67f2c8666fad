namespace Retort.Training.Data.Fetching;

/// <summary>The data sets that can be fetched. Sizes and checksums are those that TensorFlow Datasets, torchvision and others check against.</summary>
public static class DatasetCatalog
{
    private const string Mnist = "https://ossci-datasets.s3.amazonaws.com/mnist/", FashionMnist = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FetchableDataset> All { get; } =
    [
        new()
        {
            Name = "cifar10",
            Recipe = "kind: cifar10",
            Files =
            [
                File("https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
            ],
            Contents = ((string[])["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"])
                .ToDictionary(name => $"cifar-10-batches-bin/{name}.bin", _ => 10_000L * 3073),
        },
        new()
        {
            Name = "cifar100",
            Recipe = "kind: cifar100",
            Files =
            [
                File("https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz", 168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
            ],
            Contents = new Dictionary<string, long> { ["cifar-100-binary/train.bin"] = 50_000L * 3074, ["cifar-100-binary/test.bin"] = 10_000L * 3074 },
        },
        Packed(
            "mnist", "kind: idx",
            File(Mnist, "train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            File(Mnist, "train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            File(Mnist, "t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            File(Mnist, "t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")),
        Packed(
            "fashion-mnist",
            "kind: idx, classes: [T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot]",
            File(FashionMnist, "train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            File(FashionMnist, "train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            File(FashionMnist, "t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            File(FashionMnist, "t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")),
    ];

    private static RemoteFile File(string folder, string name, long bytes, string sha256) => new(new Uri(folder + name), bytes, sha256);

    private static FetchableDataset Packed(string name, string recipe, params RemoteFile[] files) => new()
    {
        Name = name, Recipe = recipe, Files = files, Contents = files.ToDictionary(file => file.Name, file => file.Bytes),
    };
}
