namespace Retort.Training.Data.Fetching;

/// <summary>A data set cannot be fetched; the message says what was asked for and what to do.</summary>
/// <param name="message">What was wrong, with which address or file, and what to do.</param>
/// <param name="inner">What was caught, when there was something.</param>
public sealed class FetchException(string message, Exception? inner = null) : RetortException(message, inner);
