namespace Retort.Tests.Torch;

/// <summary>The one place where tests force the garbage collector: to see what it does to handles that nobody holds.</summary>
internal static class Collector
{
    public static void Run()
    {
#pragma warning disable RS0030 // product code leaves freeing to scopes; here the collector itself is under test
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
#pragma warning restore RS0030
    }
}
