using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Retort.Tests.Support;

namespace Retort.Tests.Onnx;

/// <summary>The real thing: onnx's checker (in Python) and ONNX Runtime (in Node), as the test script installs them.</summary>
internal static class OnnxRuntime
{
    private static readonly string Package = RepositoryFiles.Repository("artifacts", "tools", "node_modules", "onnxruntime-node");

    /// <summary>Why they cannot be used here; null: they can.</summary>
    public static string? Missing { get; } =
        !Python.Has("onnx") ? "needs Debian's package python3-onnx"
        : !Directory.Exists(Package) ? "needs npm's package onnxruntime-node, in artifacts/tools"
        : null;

    /// <summary>Holds models against the ONNX specification.</summary>
    public static void Check(params string[] models) => Python.Run(["tests", "Onnx", "check.py"], models);

    /// <summary>Runs models, each on one input.</summary>
    /// <returns>The logits of each, row after row.</returns>
    public static float[][] Run(string folder, params (string Model, Array Input, long[] Shape)[] jobs)
    {
        var list = jobs.Select((job, i) => new
        {
            model = job.Model, input = Path.Combine(folder, $"{i}.in"), output = Path.Combine(folder, $"{i}.out"), shape = job.Shape,
            type = job.Input is byte[] ? "uint8" : "float32",
        }).ToArray();
        for (int i = 0; i < jobs.Length; i++)
            File.WriteAllBytes(list[i].input, jobs[i].Input is byte[] bytes ? bytes : MemoryMarshal.AsBytes<float>((float[])jobs[i].Input).ToArray());
        string file = Path.Combine(folder, "jobs.json");
        File.WriteAllText(file, JsonSerializer.Serialize(list));
        (int exit, string text) = Start("node", RepositoryFiles.Repository("tests", "Onnx", "run.js"), file);
        Assert.True(exit == 0, text);
        return [.. list.Select(job => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(job.output)).ToArray())];
    }

    private static (int ExitCode, string Text) Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["ONNXRUNTIME"] = Package;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}

/// <summary>A test that needs onnx's checker and ONNX Runtime; it says so when it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OnnxFactAttribute : FactAttribute
{
    /// <summary>Marks the test.</summary>
    /// <param name="shared">A file below the folder <c>shared</c> that it needs besides.</param>
    public OnnxFactAttribute(params string[] shared) => Skip = OnnxRuntime.Missing
        ?? (shared.Length > 0 && !File.Exists(RepositoryFiles.Shared(shared)) ? $"../shared/{string.Join('/', shared)} is absent." : null);
}
