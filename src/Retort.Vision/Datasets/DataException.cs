namespace Retort.Vision.Datasets;

/// <summary>Data cannot be used as it is. The message is one sentence for the user: which file or folder, and the remedy.</summary>
/// <param name="message">What was wrong, with which file or folder, and what to do.</param>
/// <param name="inner">What was caught, when there was something.</param>
public sealed class DataException(string message, Exception? inner = null) : RetortException(message, inner);
