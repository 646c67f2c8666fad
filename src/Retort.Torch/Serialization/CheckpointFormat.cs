namespace Retort.Torch.Serialization;

/// <summary>How a file stores its tensors; told by the file's first bytes, never by its name.</summary>
public enum CheckpointFormat
{
    /// <summary>A JSON header and raw data.</summary>
    Safetensors,

    /// <summary>A JSON index, <c>NAME.safetensors.index.json</c>, of several <c>.safetensors</c> files beside it.</summary>
    SafetensorsIndex,

    /// <summary>PyTorch 1.6 and later: a zip archive with a pickle and one entry per storage.</summary>
    PytorchZip,

    /// <summary>PyTorch before 1.6: pickles, followed by the storages.</summary>
    PytorchLegacy,
}
