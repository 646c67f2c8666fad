using Retort.Torch;

namespace Retort.Tests.Torch;

/// <summary>The one place where tests force the garbage collector: to see what it does to handles that nobody holds.</summary>
internal static class Collector
{
    /// <summary>
    /// The tensors alive once those that earlier tests left to the finaliser are gone. A count to compare with starts from this one: a finaliser
    /// that came later would lower it.
    /// </summary>
    public static long LiveTensors()
    {
        Run();
        return TorchRuntime.LiveTensors;
    }

    public static void Run()
    {
#pragma warning disable RS0030 // product code leaves freeing to scopes; here the collector itself is under test
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
#pragma warning restore RS0030
    }
}
