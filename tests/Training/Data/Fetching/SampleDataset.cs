using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Retort.Tests.Support;
using Retort.Training.Data.Fetching;

namespace Retort.Tests.Training.Data.Fetching;

/// <summary>A data set of one archive with one file of a hundred thousand random bytes, which a server has.</summary>
internal static class SampleDataset
{
    public const string Archive = "sample.tar.gz", Content = "sample/data.bin";

    public static byte[] Bytes { get; } = RandomNumberGenerator.GetBytes(100_000);

    /// <summary>Puts the whole archive onto a server.</summary>
    public static FetchableDataset On(FileServer server) => On(server, Tar(tar => Add(tar, new PaxTarEntry(TarEntryType.RegularFile, Content), Bytes)));

    /// <summary>Puts some archive onto a server, with its own checksum.</summary>
    public static FetchableDataset On(FileServer server, byte[] archive, long mostUnpacked = 1 << 20)
    {
        server.Files[Archive] = archive;
        return new FetchableDataset
        {
            Name = "sample",
            Recipe = "kind: cifar10",
            Files = [new RemoteFile(new Uri(server.Address, Archive), archive.Length, Convert.ToHexStringLower(SHA256.HashData(archive)))],
            Contents = new Dictionary<string, long> { [Content] = Bytes.Length },
            MostUnpacked = mostUnpacked,
        };
    }

    public static byte[] Tar(Action<TarWriter> write)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip)) write(tar);
        return packed.ToArray();
    }

    public static void Add(TarWriter tar, TarEntry entry, byte[]? content = null)
    {
        if (content is not null) entry.DataStream = new MemoryStream(content);
        tar.WriteEntry(entry);
    }
}
