namespace Retort.Cli.Completion;

/// <summary>Which paths a value can be.</summary>
internal enum PathKind
{
    /// <summary>Any file, and folders on the way to one.</summary>
    File,

    /// <summary>Folders.</summary>
    Folder,

    /// <summary>YAML files, and folders.</summary>
    Recipe,
}
