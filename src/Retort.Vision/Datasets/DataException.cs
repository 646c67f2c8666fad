namespace Retort.Vision.Datasets;

/// <summary>Data cannot be used as it is. The message is one sentence for the user: which file or folder, and the remedy.</summary>
public sealed class DataException : Exception
{
    /// <summary>Creates the exception.</summary>
    public DataException()
    {
    }

    /// <summary>Creates the exception with its message.</summary>
    public DataException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its message and cause.</summary>
    public DataException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
