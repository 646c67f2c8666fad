namespace Retort.Training.Data.Fetching;

/// <summary>A file on the web that is known by its content.</summary>
/// <param name="Url">Where its publisher has it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its checksum, in hexadecimal.</param>
public sealed record RemoteFile(Uri Url, long Bytes, string Sha256)
{
    /// <summary>The last part of its address.</summary>
    public string Name => Path.GetFileName(Url.AbsolutePath);

    /// <summary>The same file elsewhere.</summary>
    /// <param name="mirror">The address of the folder that has it; null: where its publisher has it.</param>
    public RemoteFile At(Uri? mirror) => mirror is null ? this : this with { Url = new Uri($"{mirror.AbsoluteUri.TrimEnd('/')}/{Name}") };
}
