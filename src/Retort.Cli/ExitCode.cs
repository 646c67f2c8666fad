namespace Retort.Cli;

/// <summary>What the program tells the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>What was asked for could be done, and failed.</summary>
    public const int Failure = 1;

    /// <summary>What was asked for cannot be: an unknown command, option or name, a wrong recipe.</summary>
    public const int WrongUse = 2;

    /// <summary>One of several processes that train together, stopped because another one failed or could not be reached.</summary>
    public const int OtherRankFailed = 3;

    /// <summary>Stopped by Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>Stopped by SIGTERM, as a scheduler or a service manager sends it: 128 + its number.</summary>
    public const int Terminated = 143;
}
