using System.Runtime.InteropServices;
using Retort.Cli;
using Retort.Cli.Commands;

int signals = 0;
bool terminated = false;
using var interrupt = new CancellationTokenSource();
using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

ChildProcess.OnParentsWish(Interrupt);

var application = new Application(Terminal.OfProcess(), AllCommands.Create());
int code = application.Run(args, interrupt.Token);
return code == ExitCode.Interrupted && terminated ? ExitCode.Terminated : code;

// No signal: one that the terminal sends to this process as well is still its first.
void Interrupt()
{
    try
    {
        interrupt.Cancel();
    }
    catch (ObjectDisposedException)
    {
        // The program is at its end.
    }
}

// The first signal asks the running command to write what it has; a second one ends the process at once.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = Interlocked.Increment(ref signals) == 1;
    terminated |= signal.Signal == PosixSignal.SIGTERM;
    interrupt.Cancel();
}
