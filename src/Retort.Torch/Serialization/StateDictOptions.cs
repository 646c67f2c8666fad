namespace Retort.Torch.Serialization;

/// <summary>How <see cref="StateDictReader"/> finds a network's tensors where its own rules do not.</summary>
public sealed record StateDictOptions
{
    /// <summary>
    /// The key of the state dict in the file, as "model_ema" or, for nested ones, "ema.state_dict". Default: it is searched, averaged
    /// weights last.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// A prefix to take off the names, as "model." or "backbone."; names without it are left out and reported. Default: none but those
    /// that wrappers add to every name, "module." and "_orig_mod.".
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>Rules that change names, in order, after prefixes are off. Default: none.</summary>
    public IReadOnlyList<RenameRule> Renames { get; init; } = [];

    /// <summary>
    /// The names that the network itself has: a prefix of all names with which none is the network's, as "model." or "encoder.net.", is taken
    /// off then. Default: not known.
    /// </summary>
    public IReadOnlySet<string>? Names { get; init; }
}
