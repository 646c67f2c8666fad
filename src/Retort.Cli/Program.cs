using System.Runtime.InteropServices;
using Retort.Cli;
using Retort.Cli.Commands;

using var interrupt = new CancellationTokenSource();
using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var application = new Application(Terminal.OfProcess(), AllCommands.Create());
return application.Run(args, interrupt.Token);

// The first signal asks the running command to write what it has; a second one ends the process at once.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !interrupt.IsCancellationRequested;
    interrupt.Cancel();
}
