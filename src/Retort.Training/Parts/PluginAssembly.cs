using System.Reflection;
using System.Runtime.Loader;

namespace Retort.Training.Parts;

/// <summary>Loads a plug-in: what this program has is the program's, so that types are the same on both sides; the rest is the plug-in's own.</summary>
internal sealed class PluginAssembly : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _beside;

    private PluginAssembly(string path)
        : base(Path.GetFileNameWithoutExtension(path)) => _beside = new AssemblyDependencyResolver(path);

    /// <summary>Loads an assembly, for the life of the process.</summary>
    /// <param name="path">Its full path.</param>
    public static Assembly Load(string path) => new PluginAssembly(path).LoadFromAssemblyPath(path);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        try
        {
            return Default.LoadFromAssemblyName(assemblyName);
        }
        catch (FileNotFoundException)
        {
            return _beside.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
        }
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _beside.ResolveUnmanagedDllToPath(unmanagedDllName) is { } file ? LoadUnmanagedDllFromPath(file) : nint.Zero;
}
