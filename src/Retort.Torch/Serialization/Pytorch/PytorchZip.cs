namespace Retort.Torch.Serialization;

/// <summary>The format of torch.save since PyTorch 1.6: <c>NAME/data.pkl</c>, and <c>NAME/data/KEY</c> for every storage.</summary>
internal static class PytorchZip
{
    private const string Pickle = "data.pkl";

    public static object? Read(CheckpointSource source)
    {
        var archive = new ZipDirectory(source);
        string root = Root(source, archive);
        if (archive.Find(root + "byteorder") is var (at, length))
            CheckByteOrder(source, at, length);

        var storages = new StorageTable(source, block => Locate(source, archive, $"{root}data/", block));
        var budget = new PickleBudget(source);
        var (start, size) = archive.Find(root + Pickle)!.Value;
        return new PickleMachine(source, new PickleInput(source, budget, start, start + size), budget, storages.PersistentLoad).Read();
    }

    /// <summary>Whether an archive holds a TorchScript network: those have code beside their tensors.</summary>
    public static bool IsTorchScript(ZipDirectory archive) =>
        archive.Names.Any(n => n.EndsWith("/constants.pkl", StringComparison.Ordinal));

    private static string Root(CheckpointSource source, ZipDirectory archive)
    {
        if (IsTorchScript(archive))
            throw source.Fault("this is a TorchScript network, not a file of torch.save; load it as TorchScript, or save its state_dict().");
        string[] pickles = [.. archive.Names.Where(n => n == Pickle || (n.EndsWith("/" + Pickle, StringComparison.Ordinal) && n.Count(c => c == '/') == 1))];
        return pickles switch
        {
            [var only] => only[..^Pickle.Length],
            [] => throw source.Fault("this zip archive holds no data.pkl, so torch.save did not write it; check the path."),
            _ => throw source.Fault($"this zip archive holds {pickles.Length} files data.pkl, one is allowed; save the file again with torch.save."),
        };
    }

    private static void CheckByteOrder(CheckpointSource source, long at, long length)
    {
        Span<byte> order = stackalloc byte[6];
        if (length != order.Length)
            return;
        source.Read(at, order);
        if (!order.SequenceEqual("little"u8))
            throw source.Fault("its numbers are not in little-endian order; save the file on another machine.");
    }

    private static void Locate(CheckpointSource source, ZipDirectory archive, string folder, StorageBlock block)
    {
        string name = folder + block.Key;
        if (archive.Find(name) is not var (offset, length))
            throw source.Fault($"the archive lacks the entry \"{name}\" that its pickle refers to; the file is damaged: copy it again.");
        if (length < block.Count * block.ItemSize)
        {
            throw source.Fault(
                $"entry \"{name}\" of the archive has {length} bytes, its pickle says {block.Count} elements of {block.ItemSize} bytes; "
                + "the file is damaged: copy it again.");
        }

        block.Offset = offset;
    }
}
