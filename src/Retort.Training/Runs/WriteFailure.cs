namespace Retort.Training.Runs;

/// <summary>Tells why a file or folder could not be written.</summary>
internal static class WriteFailure
{
    /// <summary>Throws what the user is to read in place of the system's failure; returns where it is none of the system's.</summary>
    /// <param name="failure">What came out of writing.</param>
    /// <param name="path">What was written.</param>
    /// <param name="remedy">What to do: "check that ...".</param>
    /// <exception cref="DiskFullException">The disk is full.</exception>
    /// <exception cref="RetortException">It cannot be written for another reason.</exception>
    public static void Explain(Exception failure, string path, string remedy)
    {
        if (failure is IOException io && DiskSpace.IsFull(io))
            throw new DiskFullException(path, io);
        if (failure is IOException or UnauthorizedAccessException)
            throw new RetortException($"'{path}' cannot be written ({failure.Message.TrimEnd('.')}): {remedy}.", failure);
    }
}
