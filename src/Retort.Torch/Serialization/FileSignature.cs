using System.Buffers.Binary;
using System.Text;

namespace Retort.Torch.Serialization;

/// <summary>Tells from a file's first bytes what it is, and for what people hand over by mistake, what to do instead.</summary>
internal static class FileSignature
{
    private const int Looked = 512;
    private const int TarMagicAt = 257;

    /// <summary>The first pickle of the old format: protocol 2 and the number 0x1950a86a20f9469cfc6c.</summary>
    public static ReadOnlySpan<byte> LegacyMagic => [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static CheckpointFormat Detect(CheckpointSource source)
    {
        byte[] buffer = new byte[(int)Math.Min(Looked, source.Length)];
        source.Read(0, buffer);
        ReadOnlySpan<byte> start = buffer;

        // First, since the bytes of a header's length may look like anything; of a sensible one the upper are zero.
        if (start.Length > 8 && start[8] == (byte)'{' && start[5..8].SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0]))
            return CheckpointFormat.Safetensors;
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8))
            return CheckpointFormat.PytorchZip;
        // The first pickle's opcodes may differ with the protocol that was asked for; its number does not.
        if (start.Length > 2 && start[0] == 0x80 && start[..Math.Min(32, start.Length)].IndexOf(LegacyMagic[2..^1]) >= 0)
            return CheckpointFormat.PytorchLegacy;
        if (start.TrimStart(" \t\r\n"u8) is [(byte)'{', ..] && IsText(start))
            return CheckpointFormat.SafetensorsIndex;
        if (Mistake(start) is { } mistake)
            throw source.Fault(mistake);
        if (start.Length > 8 && start[8] == (byte)'{') // a hostile length: the reader has the words for it
            return CheckpointFormat.Safetensors;
        // A header that was cut off before its first brace still begins with its length.
        if (start.Length is >= 2 and <= 8 && (start.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and < 1 << 30))
            throw source.Fault($"the file has only {source.Length} bytes; it is cut off: copy it again.");
        throw source.Fault("this is neither a .safetensors file nor one of PyTorch's torch.save; check that it is the right file.");
    }

    private static string? Mistake(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "this is a git-lfs pointer, not the file itself; run `git lfs pull` where it came from.";
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
            return "this file is packed with gzip; unpack it first.";
        if (start[1..].StartsWith("HDF\r\n"u8))
            return "this is an HDF5 file (Keras), which Retort does not read; save the tensors as .safetensors.";
        if (start.Length > TarMagicAt + 5 && start.Slice(TarMagicAt, 5).SequenceEqual("ustar"u8))
            return "this is a tar archive; unpack it, or, where PyTorch 0.1 wrote it, save it again with a newer PyTorch.";
        if (start[0] == 0x80 && start.Length > 1 && start[1] <= 5)
            return "this is a pickle, but not one of torch.save; save the state dict with torch.save or as .safetensors.";
        if (!IsText(start))
            return null;
        string text = Encoding.UTF8.GetString(start).TrimStart();
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "this is a web page, not a file of saved tensors; the download gave an error page or needs a log-in: fetch it again.";
        string line = text.Split('\n')[0].Trim();
        return $"this is a text file that begins with \"{(line.Length > 40 ? line[..40] + "…" : line)}\", not a file of saved tensors; check the path.";
    }

    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (byte b in start)
        {
            if (b < 32 && b is not ((byte)'\n' or (byte)'\r' or (byte)'\t') || b == 127)
                return false;
        }

        // A character of several bytes may be cut at the end of what was looked at.
        for (int cut = 0; cut < Math.Min(4, start.Length); cut++)
        {
            if (System.Text.Unicode.Utf8.IsValid(start[..^cut]))
                return true;
        }

        return false;
    }
}
